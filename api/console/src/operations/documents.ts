import documentRegistry from './DocumentRegistry.graphql';
import documentRegistryModeSet from './DocumentRegistryModeSet.graphql';
import { operation, type Found, type Group } from './operation';
import newestDocument from './preludes/NewestDocument.graphql';
import trustedDocumentList from './TrustedDocumentList.graphql';
import trustedDocumentsPublish from './TrustedDocumentsPublish.graphql';
import trustedDocumentsRemove from './TrustedDocumentsRemove.graphql';
import viewer from './Viewer.graphql';

export const documents: Group = {
  task: 'Trusted documents',
  operations: [
    operation({
      title: 'What becomes of others',
      explanation: 'The mode of the registry: OPEN, LOG or ENFORCE.',
      document: documentRegistry,
    }),
    operation({
      title: 'List documents',
      explanation: 'What the programs of the tenant send.',
      document: trustedDocumentList,
      variables: () => ({ first: 20 }),
    }),
    operation({
      title: 'Publish a manifest',
      explanation: 'The file that Relay or graphql-codegen writes.',
      document: trustedDocumentsPublish,
      variables: (_, stamp) => ({ input: { manifest: JSON.stringify({ [`viewer-${stamp}`]: viewer }) } }),
    }),
    operation({
      title: 'Remove a document',
      explanation: 'The newest is not found any more.',
      document: trustedDocumentsRemove,
      prelude: newestDocument,
      variables: (found) => ({ input: newest(found) }),
    }),
    operation({
      title: 'Set the mode',
      explanation: 'LOG counts what is not registered; ENFORCE refuses it.',
      document: documentRegistryModeSet,
      variables: () => ({ input: { mode: 'LOG' } }),
    }),
  ],
};

function newest({ trustedDocuments }: Found) {
  return { documentIds: trustedDocuments?.nodes.map((document) => document.documentId) };
}
