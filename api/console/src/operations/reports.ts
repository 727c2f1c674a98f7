import { operation, type Group } from './operation';
import survivalReport from './SurvivalReport.graphql';
import tierDriftReport from './TierDriftReport.graphql';

export const reports: Group = {
  task: 'Reports',
  operations: [
    operation({
      title: 'Survival',
      explanation: 'Which communities live, and which are dying.',
      document: survivalReport,
    }),
    operation({
      title: 'Tier drift',
      explanation: 'Communities outside their tier quota.',
      document: tierDriftReport,
    }),
  ],
};
