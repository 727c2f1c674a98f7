import ledgerProof from './LedgerProof.graphql';
import { operation, type Found, type Group } from './operation';
import pointsApprovalApprove from './PointsApprovalApprove.graphql';
import pointsApprovalList from './PointsApprovalList.graphql';
import pointsAward from './PointsAward.graphql';
import pointsAwardBulk from './PointsAwardBulk.graphql';
import pointsDeduct from './PointsDeduct.graphql';
import pointsHoldCreate from './PointsHoldCreate.graphql';
import pointsHoldCapture from './PointsHoldCapture.graphql';
import pointsLiability from './PointsLiability.graphql';
import pointsOfMember from './PointsOfMember.graphql';
import pointsPolicyUpdate from './PointsPolicyUpdate.graphql';
import pointsReverse from './PointsReverse.graphql';
import pointsTransfer from './PointsTransfer.graphql';
import membersWithPoints from './preludes/MembersWithPoints.graphql';
import pendingApprovals from './preludes/PendingApprovals.graphql';

export const points: Group = {
  task: 'Points',
  operations: [
    operation({
      title: "A member's points",
      explanation: 'What is there, until when, and why.',
      document: pointsOfMember,
      prelude: membersWithPoints,
      variables: (found) => ({ id: richest(found)?.id }),
    }),
    operation({
      title: 'Give points',
      explanation: 'Needs a sign-in of the last five minutes.',
      document: pointsAward,
      prelude: membersWithPoints,
      variables: (found, stamp) => ({
        input: {
          memberId: richest(found)?.id,
          amount: '50',
          source: 'CAMPAIGN',
          reason: '山货节活动',
          idempotencyKey: `console-${stamp}`,
        },
      }),
    }),
    operation({
      title: 'Give points to many',
      explanation: 'Up to 1,000; each is answered for itself.',
      document: pointsAwardBulk,
      prelude: membersWithPoints,
      variables: (found, stamp) => ({
        input: {
          awards: found.members?.nodes
            .slice(0, 3)
            .map(({ id }) => ({ memberId: id, amount: '20', source: 'CHECK_IN', reason: '本周签到满五天' })),
          idempotencyKey: `console-${stamp}`,
        },
      }),
    }),
    operation({
      title: 'Take points',
      explanation: 'What expires first goes first.',
      document: pointsDeduct,
      prelude: membersWithPoints,
      variables: (found, stamp) => ({
        input: { memberId: richest(found)?.id, amount: '5', reason: '误发更正', idempotencyKey: `console-${stamp}` },
      }),
    }),
    operation({
      title: "Give a member's points to another",
      explanation: 'They stay good until the same days, and nobody earns by it.',
      document: pointsTransfer,
      prelude: membersWithPoints,
      variables: (found, stamp) => ({
        input: {
          fromMemberId: richest(found)?.id,
          toMemberId: another(found)?.id,
          amount: '3',
          reason: '生日快乐',
          idempotencyKey: `console-${stamp}`,
        },
      }),
    }),
    operation({
      title: 'Undo an award',
      explanation: 'The last one of a member, once.',
      document: pointsReverse,
      prelude: membersWithPoints,
      variables: (found, stamp) => ({
        input: { entryId: lastAward(found), reason: '误发更正', idempotencyKey: `console-${stamp}` },
      }),
    }),
    operation({
      title: 'Set points aside',
      explanation: 'For an order, a quarter of an hour.',
      document: pointsHoldCreate,
      prelude: membersWithPoints,
      variables: (found, stamp) => ({
        input: { memberId: richest(found)?.id, amount: '10', reason: '兑换五元优惠券', idempotencyKey: `console-${stamp}` },
      }),
    }),
    operation({
      title: 'Spend what was set aside',
      explanation: 'All of it, or a part.',
      document: pointsHoldCapture,
      prelude: membersWithPoints,
      variables: (found, stamp) => ({ input: { holdId: someHold(found), idempotencyKey: `console-${stamp}` } }),
    }),
    operation({
      title: 'Limit points by hand',
      explanation: 'More than that within a day needs a second person. Members may give each other points, or not.',
      document: pointsPolicyUpdate,
      variables: (_, stamp) => ({
        input: { approvalAbove: '5000', transfersEnabled: true, idempotencyKey: `console-${stamp}` },
      }),
    }),
    operation({
      title: 'What waits for a second person',
      explanation: 'Points by hand over the limit, and what became of them.',
      document: pointsApprovalList,
    }),
    operation({
      title: 'Approve as the second person',
      explanation: 'Posts what somebody else asked for.',
      document: pointsApprovalApprove,
      prelude: pendingApprovals,
      variables: ({ pointsApprovals }, stamp) => ({
        input: { approvalId: pointsApprovals?.nodes[0]?.id, idempotencyKey: `console-${stamp}` },
      }),
    }),
    operation({
      title: 'What is owed, by month',
      explanation: 'All points that can still be spent.',
      document: pointsLiability,
    }),
    operation({
      title: 'Does the ledger add up?',
      explanation: 'Balances, entries and lots, and the seal.',
      document: ledgerProof,
    }),
  ],
};

/** Who has the most to spend of the newest. */
function richest({ members }: Found): Found.Member | undefined {
  const nodes = [...(members?.nodes ?? [])];
  return nodes.sort((a, b) => Number(b.pointsBalance ?? 0) - Number(a.pointsBalance ?? 0))[0];
}

/** Somebody else. */
function another(found: Found): Found.Member | undefined {
  const giver = richest(found);
  return found.members?.nodes.find(({ id }) => id !== giver?.id);
}

function lastAward({ members }: Found): string | undefined {
  const entries = members?.nodes.flatMap((member) => member.points?.entries?.nodes ?? []);
  return entries?.find((entry) => entry.kind === 'AWARD' && !entry.reversedById)?.id;
}

/** One that is kept for a redemption ends with that. */
function someHold({ members }: Found): string | undefined {
  return members?.nodes.flatMap((member) => member.points?.holds ?? []).find((hold) => !hold.redemptionId)?.id;
}
