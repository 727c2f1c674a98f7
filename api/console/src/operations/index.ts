/** All prepared operations by task, in the order the panel shows them. Each document lies beside this file. */
import { audit } from './audit';
import { checkIns } from './checkIns';
import { communities } from './communities';
import { creators } from './creators';
import { documents } from './documents';
import { earning } from './earning';
import { growth } from './growth';
import { imports } from './imports';
import { keys } from './keys';
import { leaderboards } from './leaderboards';
import { members } from './members';
import { membership } from './membership';
import type { Group, Operation } from './operation';
import { orientation } from './orientation';
import { points } from './points';
import { reports } from './reports';
import { rewards } from './rewards';
import { secondFactors } from './secondFactor';
import { sessions } from './sessions';
import { staff } from './staff';
import viewer from './Viewer.graphql';

export const groups: Group[] = [
  orientation,
  communities,
  members,
  membership,
  checkIns,
  points,
  earning,
  growth,
  rewards,
  creators,
  leaderboards,
  reports,
  imports,
  keys,
  documents,
  staff,
  sessions,
  secondFactors,
  audit,
];

/** What an empty tab begins with: something that runs. */
export const welcome = `# 社群 Choose a prepared operation
# or write your own. Ctrl-Space
# completes, Ctrl-Enter runs.
${viewer}`;

export function findOperation(name: string): Operation | undefined {
  return groups.flatMap((group) => group.operations).find((operation) => operation.name === name);
}

/** Whether the text is one of ours, unchanged. */
export function isPrepared(text: string): boolean {
  return text === welcome || groups.some(({ operations }) => operations.some(({ document }) => document === text));
}
