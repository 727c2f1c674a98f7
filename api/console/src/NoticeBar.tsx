import { useConsole } from './console';

interface Props {
  message: string | null;
  onDismiss: (() => void) | undefined;
}

export function NoticeBar({ message, onDismiss }: Props) {
  const { session, askForSignIn } = useConsole();
  return (
    <div className="notice" role="status" hidden={!message}>
      <span>{message}</span>
      {!session && (
        <button type="button" className="link" onClick={askForSignIn}>
          Sign in
        </button>
      )}
      {onDismiss && (
        <button type="button" className="link" aria-label="Dismiss" onClick={onDismiss}>
          ✕
        </button>
      )}
    </div>
  );
}
