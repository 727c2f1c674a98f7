import { operation, type Group } from './operation';
import tenantPolicy from './TenantPolicy.graphql';
import viewer from './Viewer.graphql';

export const orientation: Group = {
  task: 'Find your way',
  operations: [
    operation({
      title: 'Who am I?',
      explanation: 'Your tenant, your role and what it allows.',
      document: viewer,
    }),
    operation({
      title: 'The policy',
      explanation: 'The numbers that the reports compare with.',
      document: tenantPolicy,
    }),
  ],
};
