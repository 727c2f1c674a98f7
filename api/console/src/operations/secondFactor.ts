import { operation, type Group } from './operation';
import recoveryCodesRenew from './RecoveryCodesRenew.graphql';
import secondFactor from './SecondFactor.graphql';
import secondFactorConfirm from './SecondFactorConfirm.graphql';
import secondFactorEnrol from './SecondFactorEnrol.graphql';
import secondFactorRemove from './SecondFactorRemove.graphql';
import stepUp from './StepUp.graphql';

/** Nobody but the person knows it. No password goes into variables: the history keeps them, and a code is good once. */
const code = () => ({ input: { code: '' } });

export const secondFactors: Group = {
  task: 'Your second factor',
  operations: [
    operation({
      title: 'Have I got one?',
      explanation: 'And how many recovery codes are left.',
      document: secondFactor,
    }),
    operation({
      title: 'Get one',
      explanation: 'A secret for your authenticator: type it, or make a QR code of the URI.',
      document: secondFactorEnrol,
      variables: () => ({ input: {} }),
    }),
    operation({
      title: 'Put it in force',
      explanation: 'By its first code. Keep the recovery codes: they are shown once.',
      document: secondFactorConfirm,
      variables: code,
    }),
    operation({
      title: 'Prove again who I am',
      explanation: 'For five minutes, by a code.',
      document: stepUp,
      variables: code,
    }),
    operation({
      title: 'New recovery codes',
      explanation: 'Those before are good for nothing then.',
      document: recoveryCodesRenew,
      variables: code,
    }),
    operation({
      title: 'Take it away',
      explanation: 'By its last code, or a recovery code.',
      document: secondFactorRemove,
      variables: code,
    }),
  ],
};
