import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { useConsole } from '../console';
import { Unreachable } from '../endpoint';
import { sessions } from './store';

/** The tenant is remembered for the next sign-in; nothing else is. */
export const TENANT_KEY = 'shequn:tenant';

export function SignInDialog({ onClose }: { onClose: () => void }) {
  const { notify } = useConsole();
  const dialog = useRef<HTMLDialogElement>(null);
  const [failure, setFailure] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);

  useEffect(() => dialog.current?.showModal(), []);

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const text = (name: string) => String(fields.get(name) ?? '');
    const tenant = text('tenant').trim();
    setIsBusy(true);
    const reason = await sessions
      .signIn({ tenant, email: text('email').trim(), password: text('password') })
      .catch((error: unknown) => (error instanceof Unreachable ? error.message : 'Sign-in failed unexpectedly.'));
    setIsBusy(false);
    setFailure(reason);
    if (reason) return;
    localStorage.setItem(TENANT_KEY, tenant);
    notify(null);
    onClose();
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
            autoCapitalize="none"
            spellCheck={false}
            autoComplete="organization"
            placeholder="its short name, such as demo"
            defaultValue={localStorage.getItem(TENANT_KEY) ?? ''}
          />
        </label>
        <label>
          Email
          <input name="email" type="email" required autoComplete="username" />
        </label>
        <label>
          Password
          <input name="password" type="password" required autoComplete="current-password" />
        </label>
        {failure && (
          <p className="failure" role="alert">
            {failure}
          </p>
        )}
        <footer>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={isBusy}>
            {isBusy ? 'Signing in…' : 'Sign in'}
          </button>
        </footer>
      </form>
    </dialog>
  );
}
