import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { Unreachable } from '../endpoint';
import { TENANT_KEY } from '../session/SignInDialog';
import { answerLetter, type Letter } from './letter';

const WORDS = {
  invitation: {
    title: 'Join by invitation',
    hint: 'If your address has an account here, give its password; otherwise choose one.',
    action: 'Join',
  },
  reset: {
    title: 'Set a new password',
    hint: 'Every device that is signed in has to sign in again.',
    action: 'Set password',
  },
};

/** What a letter's link opens. Afterwards one signs in. */
export function LetterDialog({ letter, onClose }: { letter: Letter; onClose: (isDone: boolean) => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [failure, setFailure] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const words = WORDS[letter.kind];

  useEffect(() => dialog.current?.showModal(), []);

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget).get('password') ?? '');
    setIsBusy(true);
    const outcome = await answerLetter(letter, password).catch((error: unknown) =>
      error instanceof Unreachable ? error.message : 'This failed unexpectedly.',
    );
    setIsBusy(false);
    if (typeof outcome === 'string') return setFailure(outcome);
    if (outcome.tenant) localStorage.setItem(TENANT_KEY, outcome.tenant);
    onClose(true);
  }

  return (
    <dialog ref={dialog} className="sign-in" aria-labelledby="letter-title" onClose={() => onClose(false)}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="letter-title">{words.title}</h2>
        <p>{words.hint}</p>
        <label>
          Password
          <input name="password" type="password" required autoFocus minLength={8} autoComplete="new-password" />
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
            {words.action}
          </button>
        </footer>
      </form>
    </dialog>
  );
}
