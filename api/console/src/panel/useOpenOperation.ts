/** Opens a prepared operation: document and variables, filled from the tenant's own data, into a tab. */
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { Kind, parse } from 'graphql';
import { useConsole } from '../console';
import { Unreachable } from '../endpoint';
import { send } from '../fetcher';
import { isPrepared } from '../operations';
import type { Found, Operation } from '../operations/operation';
import { sessions } from '../session/store';

export function useOpenOperation() {
  const { session, notify } = useConsole();
  const { addTab, setOperationFacts, updateActiveTabValues } = useGraphiQLActions();
  const editors = useGraphiQL(({ queryEditor, variableEditor, responseEditor }) => ({
    queryEditor,
    variableEditor,
    responseEditor,
  }));
  const isReady = Boolean(editors.queryEditor && editors.variableEditor && editors.responseEditor);

  async function open(operation: Operation) {
    const { queryEditor, variableEditor, responseEditor } = editors;
    if (!queryEditor || !variableEditor || !responseEditor) return;

    const [found, failure] = session ? await find(operation.prelude) : [{}, undefined];
    // The session ended meanwhile: this workbench is gone, and the page says why.
    if (session && !sessions.current()) return;
    const variables = operation.variables(found, String(Date.now()));
    const missing = missingIn(variables);
    if (session) notify(failure ?? (missing.length ? nothingFor(missing) : null));

    // What somebody wrote or changed is kept: the operation then gets a tab of its own.
    const current = queryEditor.getValue();
    if (!isPrepared(current) && !isBlank(current)) addTab();
    const { name, document } = operation;
    const variablesText = Object.keys(variables).length ? JSON.stringify(variables, orNull, 2) : '';
    queryEditor.setValue(document);
    variableEditor.setValue(variablesText);
    responseEditor.setValue('');
    // GraphiQL notices the new text only after a pause, and somebody may press Run before.
    const documentAST = parse(document);
    const operations = documentAST.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    setOperationFacts({ documentAST, operationName: name, operations });
    updateActiveTabValues({ query: document, variables: variablesText, response: '', operationName: name });
  }

  return { open, isReady };
}

export function linkTo(operation: Operation): string {
  return `/console?op=${operation.name}`;
}

async function find(prelude: string | undefined): Promise<[Found, string | undefined]> {
  if (!prelude) return [{}, undefined];
  try {
    const { data, errors } = await send<Found>({ query: prelude });
    return [data ?? {}, errors?.[0] && `The variables could not be filled in: ${errors[0].message}`];
  } catch (error) {
    if (error instanceof Unreachable) return [{}, error.message];
    throw error;
  }
}

/** The names of the values that nothing was found for, at any depth. */
function missingIn(value: unknown, name = ''): string[] {
  if (value === undefined) return [name];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => missingIn(part, key));
}

function nothingFor(names: string[]): string {
  return `This tenant has nothing yet to fill in for ${names.join(', ')}: create it first, or write a value.`;
}

function orNull(_key: string, value: unknown): unknown {
  return value === undefined ? null : value;
}

/** Nothing but comments. */
function isBlank(document: string): boolean {
  return document.split('\n').every((line) => line.trim() === '' || line.trimStart().startsWith('#'));
}
