/** One jest run for the whole repository: sources are used unbuilt, through the `@casare/source` export condition. */
export default {
  testMatch: ['<rootDir>/packages/*/*/test/**/*.test.ts', '<rootDir>/tools/*/test/**/*.test.ts'],
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@casare/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/packages/.*/dist/', '<rootDir>/\\.nx/', '<rootDir>/\\.stryker-tmp/'],
  maxWorkers: 2,
  coverageProvider: 'babel',
  testTimeout: 30_000,
}
