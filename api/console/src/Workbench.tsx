/** GraphiQL with its panels, for one person. */
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import { useMemo } from 'react';
import { createFetcher } from './fetcher';
import { welcome } from './operations';
import { LinkedOperation } from './panel/LinkedOperation';
import { OPERATIONS_PLUGIN } from './panel/OperationsPanel';
import { storageFor } from './storage';
import { SystemTheme } from './SystemTheme';

const PLUGINS = [OPERATIONS_PLUGIN, explorerPlugin({ showAttribution: false }), HISTORY_PLUGIN];

interface Props {
  actor: string;
  onSchema: (isRefused: boolean) => void;
}

export function Workbench({ actor, onSchema }: Props) {
  const storage = useMemo(() => storageFor(actor), [actor]);
  const fetcher = useMemo(() => createFetcher(onSchema), [onSchema]);
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      plugins={PLUGINS}
      visiblePlugin={OPERATIONS_PLUGIN}
      defaultQuery={welcome}
      defaultEditorToolsVisibility="variables"
      // The console signs requests itself; a headers editor would invite tokens into tabs and history.
      isHeadersEditorEnabled={false}
      showPersistHeadersSettings={false}
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>{null}</GraphiQL.Logo>
      <LinkedOperation />
      <SystemTheme />
    </GraphiQL>
  );
}
