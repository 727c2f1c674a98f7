import auditCheckpoint from './AuditCheckpoint.graphql';
import auditRefusals from './AuditRefusals.graphql';
import auditTrail from './AuditTrail.graphql';
import { operation, type Group } from './operation';

export const audit: Group = {
  task: 'Audit',
  operations: [
    operation({
      title: 'Who did what',
      explanation: 'Every change and attempt, the newest first.',
      document: auditTrail,
      variables: () => ({ first: 20 }),
    }),
    operation({
      title: 'What did not go through',
      explanation: 'Denied attempts, refused calls and sign-ins.',
      document: auditRefusals,
      variables: () => ({ denied: { outcome: 'DENIED' }, refused: { outcome: 'REFUSED' } }),
    }),
    operation({
      title: 'A checkpoint to keep',
      explanation: 'Signed: shows later whether the trail was cut.',
      document: auditCheckpoint,
    }),
  ],
};
