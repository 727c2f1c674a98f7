import { operation, type Found, type Group } from './operation';
import rewardsAndMembers from './preludes/RewardsAndMembers.graphql';
import redemptionCancel from './RedemptionCancel.graphql';
import redemptionCreate from './RedemptionCreate.graphql';
import redemptionFulfil from './RedemptionFulfil.graphql';
import redemptionList from './RedemptionList.graphql';
import redemptionMix from './RedemptionMix.graphql';
import rewardCreate from './RewardCreate.graphql';
import rewardList from './RewardList.graphql';
import rewardStateSet from './RewardStateSet.graphql';
import rewardStockAdjust from './RewardStockAdjust.graphql';
import rewardUpdate from './RewardUpdate.graphql';
import rewardVoucherCodesAdd from './RewardVoucherCodesAdd.graphql';

export const rewards: Group = {
  task: 'Rewards',
  operations: [
    operation({
      title: 'What members get for points',
      explanation: 'Rewards, and how many are left.',
      document: rewardList,
    }),
    operation({
      title: 'Write a reward',
      explanation: 'A draft; nobody can redeem it yet.',
      document: rewardCreate,
      variables: () => ({
        input: { name: '手作香囊', price: '90', stock: '40', limit: { quantity: 1, period: 'MONTH' } },
      }),
    }),
    operation({
      title: 'Change a reward',
      explanation: 'All of it as it is to be.',
      document: rewardUpdate,
      prelude: rewardsAndMembers,
      variables: (found) => {
        const reward = someReward(found, (one) => one.state !== 'ARCHIVED');
        return {
          input: reward && {
            rewardId: reward.id,
            version: reward.version,
            name: reward.name,
            description: reward.description,
            price: reward.price,
            limit: reward.limit,
          },
        };
      },
    }),
    operation({
      title: 'Offer a reward',
      explanation: 'Or PAUSED; ARCHIVED is for good.',
      document: rewardStateSet,
      prelude: rewardsAndMembers,
      variables: (found) => ({
        input: { rewardId: someReward(found, (one) => one.state !== 'ARCHIVED')?.id, state: 'ACTIVE' },
      }),
    }),
    operation({
      title: 'More or less of a reward',
      explanation: 'With a reason that stays.',
      document: rewardStockAdjust,
      prelude: rewardsAndMembers,
      variables: (found, stamp) => ({
        input: {
          rewardId: someReward(found, (one) => one.fulfilment === 'MANUAL' && Boolean(one.stock))?.id,
          delta: '5',
          reason: '补货',
          idempotencyKey: `console-${stamp}`,
        },
      }),
    }),
    operation({
      title: 'Add voucher codes',
      explanation: 'Encrypted; each is handed out once.',
      document: rewardVoucherCodesAdd,
      prelude: rewardsAndMembers,
      variables: (found, stamp) => ({
        input: {
          rewardId: someReward(found, (one) => one.fulfilment === 'VOUCHER_CODE')?.id,
          codes: [`SY5-${stamp}-A`, `SY5-${stamp}-B`],
          idempotencyKey: `console-${stamp}`,
        },
      }),
    }),
    operation({
      title: 'Redeem for a member',
      explanation: 'Points and stock are set aside.',
      document: redemptionCreate,
      prelude: rewardsAndMembers,
      variables: (found, stamp) => {
        const member = richest(found);
        const fits = (one: Found.Reward) => isThere(one) && Number(one.price) <= Number(member?.pointsBalance ?? 0);
        return {
          input: { rewardId: someReward(found, fits)?.id, memberId: member?.id, idempotencyKey: `console-${stamp}` },
        };
      },
    }),
    operation({
      title: 'What was redeemed',
      explanation: 'And what the points were earned by.',
      document: redemptionList,
    }),
    operation({
      title: 'Hand it over',
      explanation: 'The points are spent.',
      document: redemptionFulfil,
      prelude: rewardsAndMembers,
      variables: (found, stamp) => ({
        input: { redemptionId: found.redemptions?.nodes[0]?.id, idempotencyKey: `console-${stamp}` },
      }),
    }),
    operation({
      title: 'Take it back',
      explanation: 'Points and stock come back.',
      document: redemptionCancel,
      prelude: rewardsAndMembers,
      variables: (found, stamp) => ({
        input: {
          redemptionId: found.redemptions?.nodes[0]?.id,
          reason: '缺货',
          idempotencyKey: `console-${stamp}`,
        },
      }),
    }),
    operation({
      title: 'What rewards were paid with',
      explanation: 'By source and by reward, half a year.',
      document: redemptionMix,
      variables: () => ({ from: day(-182), to: day(0) }),
    }),
  ],
};

function someReward({ rewards }: Found, fits: (reward: Found.Reward) => boolean): Found.Reward | undefined {
  return rewards?.nodes.find(fits);
}

function isThere({ state, stock }: Found.Reward): boolean {
  return state === 'ACTIVE' && stock !== '0';
}

/** Who has the most to spend of the newest. */
function richest({ members }: Found): Found.Member | undefined {
  const nodes = [...(members?.nodes ?? [])];
  return nodes.sort((a, b) => Number(b.pointsBalance ?? 0) - Number(a.pointsBalance ?? 0))[0];
}

/** A day so many days from now, in UTC. */
function day(offset: number): string {
  return new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
}
