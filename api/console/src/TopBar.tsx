import { CostMeter } from './CostMeter';
import { useConsole } from './console';
import { sessions } from './session/store';
import { TenantChoice } from './session/TenantChoice';

export function TopBar() {
  const { session, notify, askForSignIn } = useConsole();

  function signOut() {
    notify(null);
    void sessions.signOut();
  }

  return (
    <header className="bar">
      <a className="mark" href="/console">
        <span className="seal" lang="zh" aria-hidden="true">
          社群
        </span>
        Shequn
      </a>
      <CostMeter />
      {session ? (
        <>
          <div className="person">
            <TenantChoice session={session} />
            <span title={session.viewer.user.email}>{session.viewer.displayName}</span>
            <span className="role">{session.viewer.role}</span>
          </div>
          <button type="button" onClick={signOut}>
            Sign out
          </button>
        </>
      ) : (
        <button type="button" className="primary" onClick={askForSignIn}>
          Sign in
        </button>
      )}
    </header>
  );
}
