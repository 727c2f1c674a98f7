import declineReport from './DeclineReport.graphql';
import { operation, type Group } from './operation';
import survivalReport from './SurvivalReport.graphql';
import tierDriftReport from './TierDriftReport.graphql';

export const reports: Group = {
  task: 'Reports',
  operations: [
    operation({
      title: 'Tier drift',
      explanation: 'Communities outside their tier quota.',
      document: tierDriftReport,
    }),
    operation({
      title: 'Decline',
      explanation: 'Communities that are losing their members.',
      document: declineReport,
    }),
    operation({
      title: 'Survival',
      explanation: 'How many new communities live on.',
      document: survivalReport,
    }),
  ],
};
