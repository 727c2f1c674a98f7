import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { useConsole } from '../console';
import { Unreachable } from '../endpoint';
import type { Challenge } from './requests';
import { sessions } from './store';

/** The tenant is remembered for the next sign-in; nothing else is. */
export const TENANT_KEY = 'shequn:tenant';

export function SignInDialog({ onClose }: { onClose: () => void }) {
  const { notify } = useConsole();
  const dialog = useRef<HTMLDialogElement>(null);
  const [failure, setFailure] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  /** Set once the password was right and the account has a second factor. */
  const [challenge, setChallenge] = useState<Challenge>();

  useEffect(() => dialog.current?.showModal(), []);

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const text = (name: string) => String(fields.get(name) ?? '');
    const tenant = text('tenant').trim();
    setIsBusy(true);
    const signIn = challenge
      ? sessions.confirmSignIn(challenge, text('code'))
      : sessions.signIn({ tenant, email: text('email').trim(), password: text('password') });
    const outcome = await signIn.catch((error: unknown) =>
      error instanceof Unreachable ? error.message : 'Sign-in failed unexpectedly.',
    );
    setIsBusy(false);
    setFailure(typeof outcome === 'string' ? outcome : undefined);
    if (typeof outcome === 'object') setChallenge(outcome);
    if (outcome) return;
    localStorage.setItem(TENANT_KEY, tenant);
    notify(null);
    onClose();
  }

  /** From the code to the password, which a challenge that is too old needs again; from there out. */
  function goBack() {
    if (!challenge) return dialog.current?.close();
    setChallenge(undefined);
    setFailure(undefined);
  }

  return (
    <dialog ref={dialog} className="sign-in" aria-labelledby="sign-in-title" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="sign-in-title">Sign in</h2>
        <label>
          Tenant
          <input
            name="tenant"
            required
            autoFocus
            readOnly={Boolean(challenge)}
            autoCapitalize="none"
            spellCheck={false}
            autoComplete="organization"
            placeholder="its short name, such as demo"
            defaultValue={localStorage.getItem(TENANT_KEY) ?? ''}
          />
        </label>
        <label>
          Email
          <input name="email" type="email" required readOnly={Boolean(challenge)} autoComplete="username" />
        </label>
        {challenge ? (
          <label key="code">
            Code of your authenticator, or a recovery code
            <input name="code" required autoFocus autoComplete="one-time-code" autoCapitalize="none" spellCheck={false} />
          </label>
        ) : (
          <label key="password">
            Password
            <input name="password" type="password" required autoComplete="current-password" />
          </label>
        )}
        {failure && (
          <p className="failure" role="alert">
            {failure}
          </p>
        )}
        <footer>
          <button type="button" onClick={goBack}>
            {challenge ? 'Back' : 'Cancel'}
          </button>
          <button type="submit" className="primary" disabled={isBusy}>
            {isBusy ? 'Signing in…' : 'Sign in'}
          </button>
        </footer>
      </form>
    </dialog>
  );
}
