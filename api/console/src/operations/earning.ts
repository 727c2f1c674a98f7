import earningEventRecord from './EarningEventRecord.graphql';
import earningRuleCreate from './EarningRuleCreate.graphql';
import earningRuleList from './EarningRuleList.graphql';
import earningRuleStateSet from './EarningRuleStateSet.graphql';
import earningRuleUpdate from './EarningRuleUpdate.graphql';
import { operation, type Found, type Group } from './operation';
import pointsSimulate from './PointsSimulate.graphql';
import earningRulesAndMembers from './preludes/EarningRulesAndMembers.graphql';

export const earning: Group = {
  task: 'Earning rules',
  operations: [
    operation({
      title: 'What members earn points for',
      explanation: 'The rules in their newest versions.',
      document: earningRuleList,
    }),
    operation({
      title: 'Write a rule',
      explanation: 'A draft; it pays nothing yet.',
      document: earningRuleCreate,
      variables: () => ({
        input: {
          name: '晒单分享',
          event: 'SHARE',
          definition: { source: 'CONTENT', points: '15', caps: { perDay: '30' } },
        },
      }),
    }),
    operation({
      title: 'Change what a rule pays',
      explanation: 'A new version; nothing paid is touched.',
      document: earningRuleUpdate,
      prelude: earningRulesAndMembers,
      variables: (found, stamp) => {
        const rule = someRule(found, (one) => one.state !== 'ARCHIVED');
        // Another number each time: what a rule says already makes no new version.
        const points = String(5 + (Number(stamp) % 20));
        return { input: { ruleId: rule?.id, version: rule?.version, definition: { source: 'CONTENT', points } } };
      },
    }),
    operation({
      title: 'Let a rule pay',
      explanation: 'Or PAUSED; ARCHIVED is for good.',
      document: earningRuleStateSet,
      prelude: earningRulesAndMembers,
      variables: (found) => ({
        input: { ruleId: someRule(found, (one) => one.state !== 'ARCHIVED')?.id, state: 'ACTIVE' },
      }),
    }),
    operation({
      title: 'Try a rule on the past',
      explanation: 'By member, changing nothing.',
      document: pointsSimulate,
      prelude: earningRulesAndMembers,
      variables: (found) => ({
        input: {
          ruleId: someRule(found, (one) => one.state === 'ACTIVE')?.id,
          from: day(-90),
          to: day(0),
        },
      }),
    }),
    operation({
      title: 'Record what happened',
      explanation: 'Active rules pay for it at once.',
      document: earningEventRecord,
      prelude: earningRulesAndMembers,
      variables: (found, stamp) => ({
        input: {
          memberId: found.members?.nodes[0]?.id,
          event: 'ORDER_PAID',
          quantity: '12900',
          reference: `SO-${stamp}`,
          idempotencyKey: `console-${stamp}`,
        },
      }),
    }),
  ],
};

function someRule({ earningRules }: Found, fits: (rule: Found.EarningRule) => boolean): Found.EarningRule | undefined {
  return earningRules?.nodes.find(fits);
}

/** A day so many days from now, in UTC. */
function day(offset: number): string {
  return new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
}
