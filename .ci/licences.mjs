// Every crate that is built must carry a licence that lets anyone use the product: prints those that do not.
import { execFileSync } from 'node:child_process';

const ALLOWED = new Set([
  '0BSD', 'Apache-2.0', 'Apache-2.0 WITH LLVM-exception', 'BSD-1-Clause', 'BSD-2-Clause', 'BSD-3-Clause', 'BSL-1.0',
  'CC0-1.0', 'CDLA-Permissive-2.0', 'ISC', 'MIT', 'MIT-0', 'OpenSSL', 'Unicode-3.0', 'Unlicense', 'Zlib',
]);

// SPDX: OR binds weaker than AND; `A/B` is the old spelling of OR. True if one may choose allowed licences only.
function isAllowed(expression) {
  const tokens = expression.replaceAll('/', ' OR ').match(/[()]|[^\s()]+/g) ?? [];
  let place = 0;
  const next = (word) => tokens[place] === word && ++place > 0;

  function either() {
    let allowed = both();
    while (next('OR')) allowed = both() || allowed;
    return allowed;
  }
  function both() {
    let allowed = one();
    while (next('AND')) allowed = one() && allowed;
    return allowed;
  }
  function one() {
    if (next('(')) {
      const allowed = either();
      if (!next(')')) throw new Error(`no closing bracket: ${expression}`);
      return allowed;
    }
    let name = tokens[place++];
    if (next('WITH')) name += ` WITH ${tokens[place++]}`;
    return ALLOWED.has(name);
  }

  const allowed = either();
  if (place !== tokens.length) throw new Error(`not understood: ${expression}`);
  return allowed;
}

for (const [expression, expected] of [
  ['MIT', true], ['MIT/Apache-2.0', true], ['GPL-3.0 OR MIT', true], ['GPL-3.0 AND MIT', false], ['GPL-3.0', false],
  ['(MIT OR GPL-3.0) AND Unicode-3.0', true], ['Apache-2.0 WITH LLVM-exception OR GPL-2.0', true],
]) {
  if (isAllowed(expression) !== expected) throw new Error(`the check itself is wrong about ${expression}`);
}

const metadata = JSON.parse(
  execFileSync('cargo', ['metadata', '--format-version', '1', '--locked'], { maxBuffer: 1 << 28 }),
);
const offenders = metadata.packages
  .filter(({ license }) => !license || !isAllowed(license))
  .map(({ name, version, license, license_file: file }) => `${name} ${version}: ${license ?? `no expression, file ${file}`}`);

console.log(`${metadata.packages.length} crates, ${offenders.length} with a licence that is not allowed`);
for (const offender of offenders) console.log(`  ${offender}`);
process.exitCode = offenders.length > 0 ? 1 : 0;
