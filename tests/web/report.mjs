// Counts checks and ends the process: non-zero unless all passed, and there were some.

/** Lines of a failure's reason that are shown. */
const LONGEST_REASON = 12;

const outcomes = { passed: 0, failed: 0 };

/** Runs one check and gives whether it held; a failure is told, and the next one goes on. */
export async function check(sentence, body) {
  try {
    await body();
    outcomes.passed += 1;
    console.log(`ok    ${sentence}`);
    return true;
  } catch (error) {
    outcomes.failed += 1;
    console.log(`FAIL  ${sentence}`);
    for (const line of linesOf(error)) console.log(`      ${line}`);
    return false;
  }
}

function linesOf(error) {
  const text = String(error?.message ?? error).replaceAll(/\u001b\[\d+m/g, '');
  return text.split('\n').slice(0, LONGEST_REASON);
}

export function finish() {
  const { passed, failed } = outcomes;
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}

/** The arguments of the command line, by the names in `usage`. */
export function args(usage) {
  const names = usage.split(' ');
  const values = process.argv.slice(2);
  if (values.length !== names.length) {
    console.error(`usage: ${process.argv[1]} ${usage}`);
    process.exit(2);
  }
  return values;
}
