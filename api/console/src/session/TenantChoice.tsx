/** The tenant of the session, and the way to the others that the person works for. */
import { useEffect, useState } from 'react';
import { useConsole } from '../console';
import { Unreachable } from '../endpoint';
import { requestWorkplaces, type Workplace } from './requests';
import { sessions, type Session } from './store';

export function TenantChoice({ session }: { session: Session }) {
  const { notify } = useConsole();
  const { tenant, user } = session.viewer;
  const [places, setPlaces] = useState<Workplace[]>([]);
  const [isBusy, setIsBusy] = useState(false);

  useEffect(() => {
    let isWanted = true;
    // Without an answer the bar shows the one tenant, as it does for most people.
    requestWorkplaces(session.tokens.accessToken).then(
      (found) => isWanted && setPlaces(found),
      () => undefined,
    );
    return () => {
      isWanted = false;
    };
    // Another token of the same session changes nothing.
  }, [tenant.id, user.id]);

  async function goTo(slug: string) {
    setIsBusy(true);
    const failure = await sessions
      .switchTenant(slug)
      .catch((error: unknown) => (error instanceof Unreachable ? error.message : 'The tenant could not be changed.'));
    setIsBusy(false);
    notify(failure ?? null);
  }

  if (places.length < 2) return <strong title={tenant.slug}>{tenant.name}</strong>;
  return (
    <select aria-label="Tenant" value={tenant.slug} disabled={isBusy} onChange={(event) => void goTo(event.target.value)}>
      {places.map(({ slug, name }) => (
        <option key={slug} value={slug}>
          {name}
        </option>
      ))}
    </select>
  );
}
