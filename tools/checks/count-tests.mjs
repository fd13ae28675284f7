// Prints "N passed, N failed" from what `jest --json` wrote. A file that could not run counts as one failure; no
// test at all is an error, so that an empty run cannot pass for a green one. Plain JavaScript: it also has to speak when
// the installation failed and only the machine's own Node is there.
import { readFileSync } from 'node:fs'

let passed = 0
let failed = 0
try {
  const results = JSON.parse(readFileSync(process.argv[2], 'utf8'))
  passed = results.numPassedTests
  failed = results.numFailedTests + results.numRuntimeErrorTestSuites
} catch (error) {
  process.stderr.write(`No test results: ${error.message}\n`)
  failed = 1
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
