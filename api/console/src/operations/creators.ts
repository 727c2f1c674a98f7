import creatorProgramme from './CreatorProgramme.graphql';
import creatorProgrammeUpdate from './CreatorProgrammeUpdate.graphql';
import memberCreator from './MemberCreator.graphql';
import { operation, type Found, type Group } from './operation';
import approvedSubmissions from './preludes/ApprovedSubmissions.graphql';
import newestMembers from './preludes/NewestMembers.graphql';
import programme from './preludes/Programme.graphql';
import rejectedSubmissions from './preludes/RejectedSubmissions.graphql';
import waitingSubmissions from './preludes/WaitingSubmissions.graphql';
import submissionCreate from './SubmissionCreate.graphql';
import submissionList from './SubmissionList.graphql';
import submissionReopen from './SubmissionReopen.graphql';
import submissionReview from './SubmissionReview.graphql';
import submissionStats from './SubmissionStats.graphql';

export const creators: Group = {
  task: 'Creators',
  operations: [
    operation({
      title: 'What members handed in',
      explanation: 'And what became of it; the newest in front.',
      document: submissionList,
    }),
    operation({
      title: 'Hand in for a member',
      explanation: 'It waits for a review.',
      document: submissionCreate,
      prelude: newestMembers,
      variables: ({ members }, stamp) => ({
        input: {
          memberId: members?.nodes[0]?.id,
          kind: 'TEXT',
          title: '周末徒步手记',
          body: '清晨六点从山脚出发，三小时登顶，附路线和补给点。',
          reference: `post-${stamp}`,
          idempotencyKey: `console-${stamp}`,
        },
      }),
    }),
    operation({
      title: 'Approve by marks',
      explanation: 'Rules pay by the score at once.',
      document: submissionReview,
      prelude: waitingSubmissions,
      variables: (found, stamp) => ({
        input: {
          submissionId: some(found)?.id,
          revision: some(found)?.revision,
          decision: 'APPROVE',
          marks: found.creatorProgramme?.criteria.map(({ code }) => ({ criterion: code, mark: 85 })),
          note: '路线清楚，照片真实。',
          idempotencyKey: `console-${stamp}`,
        },
      }),
    }),
    operation({
      title: 'Open a decision again',
      explanation: 'What was paid for it is taken back.',
      document: submissionReopen,
      prelude: rejectedSubmissions,
      variables: (found, stamp) => ({
        input: { submissionId: some(found)?.id, reason: '复核后重新审阅', idempotencyKey: `console-${stamp}` },
      }),
    }),
    operation({
      title: 'How far a creator has come',
      explanation: 'By approvals of late, and how good they were.',
      document: memberCreator,
      prelude: approvedSubmissions,
      variables: (found) => ({ id: some(found)?.memberId }),
    }),
    operation({
      title: 'What came of two months',
      explanation: 'By the days on which it was handed in.',
      document: submissionStats,
      variables: () => ({ from: day(-60), to: day(0) }),
    }),
    operation({
      title: 'By what work is marked',
      explanation: 'Criteria, and what levels are worth.',
      document: creatorProgramme,
    }),
    operation({
      title: 'Change the programme',
      explanation: 'All of it; older reviews keep theirs.',
      document: creatorProgrammeUpdate,
      prelude: programme,
      variables: ({ creatorProgramme: read }, stamp) => ({
        input: read && { ...read, idempotencyKey: `console-${stamp}` },
      }),
    }),
  ],
};

/** The newest of those that were asked for. */
function some({ submissions }: Found): Found.Submission | undefined {
  return submissions?.nodes[0];
}

/** A day so many days from now, in UTC. */
function day(offset: number): string {
  return new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
}
