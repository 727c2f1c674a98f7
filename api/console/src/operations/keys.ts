import { operation, type Found, type Group } from './operation';
import partnerKeyCreate from './PartnerKeyCreate.graphql';
import partnerKeyDisable from './PartnerKeyDisable.graphql';
import partnerKeyEnable from './PartnerKeyEnable.graphql';
import partnerKeyList from './PartnerKeyList.graphql';
import partnerKeyRevoke from './PartnerKeyRevoke.graphql';
import partnerKeyRotate from './PartnerKeyRotate.graphql';
import newestKey from './preludes/NewestKey.graphql';

export const keys: Group = {
  task: 'Partner keys',
  operations: [
    operation({
      title: 'Make a key',
      explanation: 'Its secret is shown this once: copy it.',
      document: partnerKeyCreate,
      variables: (_, stamp) => ({ input: { name: `小店 ${stamp}`, scopes: ['members:read', 'communities:read'] } }),
    }),
    operation({
      title: 'List keys',
      explanation: 'What each may do, and when it was last used.',
      document: partnerKeyList,
      variables: () => ({ first: 10 }),
    }),
    operation({
      title: 'Rotate a key',
      explanation: 'The newest gets another secret; the old one lasts a day.',
      document: partnerKeyRotate,
      prelude: newestKey,
      variables: (found) => ({ input: { ...newest(found), overlapSeconds: 86400 } }),
    }),
    operation({
      title: 'Switch a key off',
      explanation: 'The newest opens nothing within a second.',
      document: partnerKeyDisable,
      prelude: newestKey,
      variables: (found) => ({ input: newest(found) }),
    }),
    operation({
      title: 'Switch a key on',
      explanation: 'The newest opens again.',
      document: partnerKeyEnable,
      prelude: newestKey,
      variables: (found) => ({ input: newest(found) }),
    }),
    operation({
      title: 'Revoke a key',
      explanation: 'The newest ends for good.',
      document: partnerKeyRevoke,
      prelude: newestKey,
      variables: (found) => ({ input: newest(found) }),
    }),
  ],
};

function newest({ partnerKeys }: Found) {
  return { id: partnerKeys?.nodes[0]?.id };
}
