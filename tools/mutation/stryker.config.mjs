// `npm run mutation -- resilience` (or core): breaks the code of a package in every small way and counts what its tests notice.
const name = process.env['CASARE_MUTATE'] ?? 'resilience'

export default {
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner'],
  jest: {
    enableFindRelatedTests: false,
    config: {
      testMatch: [`<rootDir>/packages/platform/${name}/test/**/*.test.ts`],
      // It copies the package, and finds no neighbours from where mutants live.
      testPathIgnorePatterns: ['two-copies'],
      testEnvironment: 'node',
      testEnvironmentOptions: { customExportConditions: ['@casare/source', 'node', 'node-addons'] },
      extensionsToTreatAsEsm: ['.ts'],
      transform: {
        '^.+\\.ts$': [
          '@swc/jest',
          { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
        ],
      },
      testTimeout: 30_000,
    },
  },
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  coverageAnalysis: 'perTest',
  // Constants of a module are set once per process: each would take a full run of its own.
  ignoreStatic: true,
  // Texts are messages for people; codes are checked by the types.
  mutator: { excludedMutations: ['StringLiteral'] },
  mutate: [`packages/platform/${name}/src/**/*.ts`, `!packages/platform/${name}/src/**/index.ts`],
  ignorePatterns: ['/**', '!/package.json', '!/tsconfig.base.json', `!/packages/platform/${name}/**`, '**/dist'],
  concurrency: 2,
  timeoutMS: 3_000,
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, reportTests: false },
}
