import invitationList from './InvitationList.graphql';
import invitationResend from './InvitationResend.graphql';
import invitationRevoke from './InvitationRevoke.graphql';
import { operation, type Found, type Group } from './operation';
import openInvitations from './preludes/OpenInvitations.graphql';
import staffInvite from './StaffInvite.graphql';
import staffList from './StaffList.graphql';
import viewerTenants from './ViewerTenants.graphql';

export const staff: Group = {
  task: 'Staff',
  operations: [
    operation({
      title: 'List staff',
      explanation: 'Roles, and when they last signed in.',
      document: staffList,
      variables: () => ({ first: 20 }),
    }),
    operation({
      title: 'Where you work',
      explanation: 'Your tenants, and your role in each.',
      document: viewerTenants,
    }),
    operation({
      title: 'Invite somebody',
      explanation: 'By a letter, good for 7 days.',
      document: staffInvite,
      variables: (_, stamp) => ({
        input: { email: `lin-${stamp}@example.com`, displayName: '林小雨', role: 'OPERATOR', locale: 'ZH_CN' },
      }),
    }),
    operation({
      title: 'List invitations',
      explanation: 'Open, expired, accepted, revoked.',
      document: invitationList,
      variables: () => ({ first: 20 }),
    }),
    operation({
      title: 'Send an invitation again',
      explanation: 'Another week, another link.',
      document: invitationResend,
      prelude: openInvitations,
      variables: (found) => ({ input: { id: newestInvitation(found) } }),
    }),
    operation({
      title: 'Revoke an invitation',
      explanation: 'Its link is void at once.',
      document: invitationRevoke,
      prelude: openInvitations,
      variables: (found) => ({ input: { id: newestInvitation(found) } }),
    }),
  ],
};

function newestInvitation(found: Found): string | undefined {
  return found.invitations?.nodes[0]?.id;
}
