import checkIn from './CheckIn.graphql';
import checkInCardsGrant from './CheckInCardsGrant.graphql';
import checkInMakeUp from './CheckInMakeUp.graphql';
import memberCheckIns from './MemberCheckIns.graphql';
import { operation, type Found, type Group } from './operation';
import membersWithCheckIns from './preludes/MembersWithCheckIns.graphql';
import tenantTimezoneSet from './TenantTimezoneSet.graphql';

export const checkIns: Group = {
  task: 'Check-ins',
  operations: [
    operation({
      title: "A member's check-ins",
      explanation: 'Streak, cards, and the last month.',
      document: memberCheckIns,
      prelude: membersWithCheckIns,
      variables: (found) => ({ id: keenest(found)?.id, from: daysAgo(30), to: daysAgo(0) }),
    }),
    operation({
      title: 'Check in',
      explanation: 'Once a day, by the clock of the server.',
      document: checkIn,
      prelude: membersWithCheckIns,
      variables: (found, stamp) => ({
        input: { memberId: absent(found)?.id, idempotencyKey: `console-${stamp}` },
      }),
    }),
    operation({
      title: 'Give cards',
      explanation: 'Each makes up one missed day.',
      document: checkInCardsGrant,
      prelude: membersWithCheckIns,
      variables: (found, stamp) => ({
        input: { memberId: keenest(found)?.id, count: 3, reason: '新年补签卡', idempotencyKey: `console-${stamp}` },
      }),
    }),
    operation({
      title: 'Make up a missed day',
      explanation: 'With a card; the runs on both sides become one.',
      document: checkInMakeUp,
      prelude: membersWithCheckIns,
      variables: (found, stamp) => ({
        input: { memberId: missing(found)?.id, day: dayAfter(missing(found)), idempotencyKey: `console-${stamp}` },
      }),
    }),
    operation({
      title: 'Move to another time zone',
      explanation: 'Days are counted there from now on.',
      document: tenantTimezoneSet,
      variables: () => ({ input: { timezone: 'Asia/Shanghai' } }),
    }),
  ],
};

/** Who has checked in last, of the newest. */
function keenest({ members }: Found): Found.Member | undefined {
  const nodes = [...(members?.nodes ?? [])];
  return nodes.sort((a, b) => (b.checkIns?.lastDay ?? '').localeCompare(a.checkIns?.lastDay ?? ''))[0];
}

/** Somebody who has yet to check in today. */
function absent({ members }: Found): Found.Member | undefined {
  return members?.nodes.find((member) => !member.checkIns?.checkedInToday);
}

/** Somebody with a card who has missed a day since their last one. */
function missing({ members }: Found): Found.Member | undefined {
  const hasMissed = ({ checkIns }: Found.Member): boolean =>
    (checkIns?.cards ?? 0) > 0 && (checkIns?.lastDay ?? daysAgo(0)) < daysAgo(1);
  return members?.nodes.find(hasMissed);
}

/** The day after their last one. */
function dayAfter(member: Found.Member | undefined): string | undefined {
  const last = member?.checkIns?.lastDay;
  return last ? new Date(Date.parse(last) + 86_400_000).toISOString().slice(0, 10) : undefined;
}

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}
