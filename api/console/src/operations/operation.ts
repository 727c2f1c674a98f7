/** A prepared operation: a document with a title, and a way to fill its variables from the tenant's own data. */

export interface Operation {
  /** The name in the document; also the file's name and the `?op=` of its link. */
  name: string;
  title: string;
  explanation: string;
  document: string;
  /** A query that is sent first; `variables` reads its data. */
  prelude: string | undefined;
  /** `stamp` is a new number on each call, for what must be unique. An undefined value means: nothing found to fill in. */
  variables: (found: Found, stamp: string) => Record<string, unknown>;
}

export interface Group {
  task: string;
  operations: Operation[];
}

/** The data of all preludes; each brings a part of it. */
export interface Found {
  communities?: { nodes: Found.Community[] } | null;
  members?: { nodes: Found.Member[] } | null;
  partnerKeys?: { nodes: Found.PartnerKey[] } | null;
  viewer?: { sessions: Found.Session[] } | null;
  invitations?: { nodes: Found.Invitation[] } | null;
  earningRules?: { nodes: Found.EarningRule[] } | null;
  trustedDocuments?: { nodes: Found.TrustedDocument[] } | null;
  growthPath?: Found.GrowthPath | null;
  rewards?: { nodes: Found.Reward[] } | null;
  redemptions?: { nodes: { id: string }[] } | null;
  pointsApprovals?: { nodes: { id: string }[] } | null;
  creatorProgramme?: Found.CreatorProgramme | null;
  submissions?: { nodes: Found.Submission[] } | null;
}

export declare namespace Found {
  interface Community {
    id: string;
  }

  /** As it is read, it can be sent back; a part of it is enough to mark work. */
  interface CreatorProgramme {
    version?: number;
    criteria: { code: string }[];
    minimumScore?: number;
    windowDays?: number;
    levels?: object[];
  }

  interface EarningRule {
    id: string;
    event: string;
    state: string;
    version: number;
  }

  interface Invitation {
    id: string;
  }

  interface PartnerKey {
    id: string;
  }

  interface TrustedDocument {
    documentId: string;
  }

  interface Member {
    id: string;
    externalRef?: string | null;
    phone?: string | null;
    communities?: { nodes: Community[] };
    checkIns?: { cards: number; checkedInToday: boolean; lastDay?: string | null } | null;
    pointsBalance?: string | null;
    points?: {
      entries?: { nodes: PointsEntry[] } | null;
      holds?: { id: string; redemptionId?: string | null }[] | null;
    } | null;
    growth?: { value: string; nextNode?: { code: string } | null } | null;
  }

  /** As it is read, it can be sent back. */
  interface GrowthPath {
    version: number;
    nodes: object[];
    windowMonths?: number | null;
    source: string;
  }

  interface PointsEntry {
    id: string;
    kind: string;
    reversedById?: string | null;
  }

  interface Reward {
    id: string;
    name: string;
    description?: string | null;
    state: string;
    fulfilment: string;
    price: string;
    stock?: string | null;
    limit?: object | null;
    version: number;
  }

  interface Session {
    id: string;
    isCurrent: boolean;
  }

  interface Submission {
    id: string;
    memberId?: string;
    revision: number;
  }
}

type Parts = Pick<Operation, 'title' | 'explanation' | 'document'> & Partial<Pick<Operation, 'prelude' | 'variables'>>;

export function operation({ variables = () => ({}), prelude, ...parts }: Parts): Operation {
  const name = /\b(?:query|mutation)\s+(\w+)/.exec(parts.document)?.[1] ?? '';
  return { ...parts, name, prelude, variables };
}
