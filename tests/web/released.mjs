// The schema keeps what the last release promised: node released.mjs api/schema.released.graphql schema.graphql
import { buildSchema, DangerousChangeType, findBreakingChanges, findDangerousChanges } from 'graphql';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { args, check, finish } from './report.mjs';

/** What breaks clients between two schemas, as sentences. New enum values and union members are what they must expect. */
function broken(released, current) {
  const [before, after] = [buildSchema(released), buildSchema(current)];
  const silent = findDangerousChanges(before, after).filter(
    ({ type }) => type === DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE,
  );
  return [
    ...[...findBreakingChanges(before, after), ...silent].map(({ type, description }) => `${type}: ${description}`),
    ...harderToReach(before, after),
    ...undated(after),
  ];
}

/** Released fields that now ask for scopes that they did not ask for. */
function harderToReach(before, after) {
  return fieldsOf(before).flatMap(([path, old]) => {
    const known = scopesOf(old);
    const now = fieldsOf(after).find(([name]) => name === path)?.[1];
    const added = now ? scopesOf(now).filter((scope) => !known.includes(scope)) : [];
    return added.map((scope) => `SCOPE_ADDED: ${path} needs ${scope}.`);
  });
}

/** Who deprecates says until when it stays, so that clients can plan. */
function undated(schema) {
  const deprecated = fieldsOf(schema).filter(([, field]) => field.deprecationReason !== undefined);
  return deprecated
    .filter(([, field]) => !/\d{4}-\d{2}-\d{2}/.test(field.deprecationReason))
    .map(([path]) => `DEPRECATED_WITHOUT_DATE: ${path} has no date until which it stays.`);
}

/** Every field of objects and interfaces, and every input field, by `Type.field`. */
function fieldsOf(schema) {
  return Object.values(schema.getTypeMap())
    .filter((type) => !type.name.startsWith('__') && type.getFields)
    .flatMap((type) => Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field]));
}

function scopesOf(field) {
  const directive = field.astNode?.directives.find(({ name }) => name.value === 'requiresScopes');
  return directive?.arguments[0]?.value.values.map(({ value }) => value) ?? [];
}

/** Changes that must be found: what is replaced by what in the schema below, and what the finding starts with. */
const SMALL = `
  directive @requiresScopes(scopes: [String!]!) on FIELD_DEFINITION
  interface Node { id: ID! }
  type Query { shop(id: ID, first: Int = 20): Shop  open: Boolean! @requiresScopes(scopes: ["a"]) }
  type Shop implements Node { id: ID!  name: String!  kind: Kind }
  enum Kind { BIG SMALL }
  type Old { name: String }
  union Thing = Shop | Old
  input Wanted { name: String  kind: Kind! }
  type Mutation { shopCreate(input: Wanted!): Shop }
`;
const BREAKS = [
  ['a field goes', 'name: String!  kind: Kind }', 'kind: Kind }', 'FIELD_REMOVED'],
  ['a field becomes nullable', 'name: String!', 'name: String', 'FIELD_CHANGED_KIND'],
  ['a field has another type', 'kind: Kind }', 'kind: String }', 'FIELD_CHANGED_KIND'],
  ['an argument goes', '(id: ID, first: Int = 20)', '(first: Int = 20)', 'ARG_REMOVED'],
  ['an argument becomes required', 'id: ID,', 'id: ID!,', 'ARG_CHANGED_KIND'],
  ['a required argument comes', 'id: ID,', 'id: ID, near: ID!,', 'REQUIRED_ARG_ADDED'],
  ['a default changes', 'first: Int = 20', 'first: Int = 50', 'ARG_DEFAULT_VALUE_CHANGE'],
  ['a default goes', 'first: Int = 20', 'first: Int', 'ARG_DEFAULT_VALUE_CHANGE'],
  ['an enum value goes', 'BIG SMALL', 'BIG', 'VALUE_REMOVED_FROM_ENUM'],
  ['a type leaves a union', 'Shop | Old', 'Shop', 'TYPE_REMOVED_FROM_UNION'],
  ['a type becomes another kind', 'enum Kind { BIG SMALL }', 'scalar Kind', 'TYPE_CHANGED_KIND'],
  ['a type leaves its interface', 'Shop implements Node', 'Shop', 'IMPLEMENTED_INTERFACE_REMOVED'],
  ['a type goes', /type Old .*\n.*/, '', 'TYPE_REMOVED'],
  ['a required input field comes', '{ name: String  kind', '{ name: String  size: Int!  kind', 'REQUIRED_INPUT_FIELD_ADDED'],
  ['an input field becomes required', '{ name: String  kind', '{ name: String!  kind', 'FIELD_CHANGED_KIND'],
  ['an input field goes', '{ name: String  kind', '{ kind', 'FIELD_REMOVED'],
  ['a field asks for a further scope', '["a"]', '["a", "b"]', 'SCOPE_ADDED'],
  ['a deprecation has no date', 'kind: Kind }', 'kind: Kind @deprecated(reason: "Old.") }', 'DEPRECATED_WITHOUT_DATE'],
];
const ADDS = [
  ['an optional argument', 'id: ID,', 'id: ID, near: ID,'],
  ['an optional input field', '{ name: String  kind', '{ name: String  size: Int  kind'],
  ['an enum value', 'BIG SMALL', 'BIG SMALL TINY'],
  ['a certainty', 'kind: Kind }', 'kind: Kind! }'],
  ['a looser input', 'kind: Kind! }', 'kind: Kind }'],
  ['a dated deprecation', 'kind: Kind }', 'kind: Kind @deprecated(reason: "Use size. Stays until 2027-06-30.") }'],
];

for (const [change, from, to, finding] of BREAKS) {
  await check(`it is noticed when ${change}`, async () => {
    const found = broken(SMALL, SMALL.replace(from, to));
    assert.ok(found.some((sentence) => sentence.startsWith(`${finding}:`)), JSON.stringify(found));
  });
}
for (const [addition, from, to] of ADDS) {
  await check(`${addition} may come`, async () => assert.deepEqual(broken(SMALL, SMALL.replace(from, to)), []));
}

const [released, current] = await Promise.all(args('RELEASED CURRENT').map((path) => readFile(path, 'utf8')));
await check('the schema keeps what the last release promised', async () => {
  assert.deepEqual(broken(released, current), []);
});
finish();
