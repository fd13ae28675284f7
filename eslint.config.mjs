import nx from '@nx/eslint-plugin'
import prettier from 'eslint-config-prettier'
import typescript from 'typescript-eslint'

/**
 * The order within packages/platform: each package may depend on those before it, never on those behind it.
 * A new platform package takes its place here and carries the tag `platform:NAME`.
 */
const platformOrder = [
  'resilience',
  'core',
  'nodes',
  'testing',
  'http',
  'secrets',
  'auth',
  'saml',
  'webhooks',
  'sql',
  'object-store',
  'aws',
  'azure',
  'transfer',
  'telemetry',
  'flow',
  'flow-restate',
]

const boundaries = [
  // Faces find connectors by name at run time and import none.
  { sourceTag: 'layer:app', onlyDependOnLibsWithTags: ['layer:platform'] },
  {
    sourceTag: 'layer:connector',
    onlyDependOnLibsWithTags: [
      'platform:core',
      'platform:http',
      'platform:auth',
      'platform:sql',
      'platform:object-store',
      'platform:aws',
      'platform:azure',
      'platform:testing',
    ],
  },
  ...platformOrder.map((name, index) => ({
    sourceTag: `platform:${name}`,
    onlyDependOnLibsWithTags: platformOrder.slice(0, index).map((earlier) => `platform:${earlier}`),
  })),
]

const boundaryOptions = {
  depConstraints: boundaries,
  // The real servers of tests; private, and no package of anybody.
  // A store in memory, for tests of what is built on stores; what every token store promises.
  allow: [
    '^(\\.\\./)+tools/peers/src/index\\.ts$',
    '^(\\.\\./)+object-store/test/memory-store\\.ts$',
    '^(\\.\\./)+platform/auth/test/support/(token-store-suite|provider)\\.ts$',
  ],
  banTransitiveDependencies: false,
  // A lazy import somewhere, in a test say, does not forbid the usual import elsewhere.
  checkDynamicDependenciesExceptions: ['.*'],
  // Tests use their own package as its users do, by name.
  allowCircularSelfDependency: true,
}

/** Shortened names that have a full word. */
const shortNames = ['req', 'res', 'resp', 'err', 'cb', 'ctx', 'opts', 'cfg', 'conn', 'idx', 'msg', 'evt', 'tmp', 'val']

const everywhere = [
  {
    selector: 'ExportAllDeclaration[exported=null]',
    message: 'Re-export by name: `export *` hides what is public.',
  },
]

const inSources = [
  ...everywhere,
  { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
  {
    selector: 'MemberExpression[object.name="process"][property.name="env"]',
    message: 'process.env is read only by fromEnv, the env secret provider and the command line.',
  },
  { selector: 'CallExpression[callee.property.name="brand"]', message: '`.brand()` pulls zod into published types.' },
  {
    selector: 'MemberExpression[object.name="z"][property.name=/^(json|coerce)$/]',
    message: 'Not z.json or z.coerce: the one pulls zod into published types, the other hides what the input is.',
  },
  {
    selector:
      ':matches(ExportNamedDeclaration > TSTypeAliasDeclaration, ExportNamedDeclaration > TSInterfaceDeclaration) TSTypeReference[typeName.left.name="z"][typeName.right.name=/^(infer|input|output)$/]',
    message: 'Use InputOf<> / OutputOf<> in exported types: z.infer and its like pull zod into published types.',
  },
  {
    selector:
      'CallExpression[callee.name="operation"] > ObjectExpression > Property[key.name="input"] > CallExpression[callee.object.name="z"][callee.property.name=/^(object|looseObject)$/]',
    message: 'Inputs are strict: z.strictObject.',
  },
  { selector: 'Program > ExpressionStatement > AwaitExpression', message: 'No top-level await: it breaks require().' },
]

const inTests = [
  ...everywhere,
  {
    selector: 'MemberExpression[object.name=/^(test|describe|it)$/][property.name=/^(skip|only|todo)$/]',
    message: 'A test runs, or is not there.',
  },
  {
    selector: 'CallExpression[callee.object.name="jest"][callee.property.name=/[mM]ock/]',
    message: 'jest.mock does nothing for ES modules: inject instead.',
  },
]

export default [
  { ignores: ['**/dist/', '**/node_modules/', '**/.nx/', '**/coverage/', '**/fixtures/', '**/out/', 'reports/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  ...typescript.configs.recommendedTypeChecked.map((entry) => ({ ...entry, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': ['error', boundaryOptions],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // The functions of a contract's tables (operations, facets, clients) are handed around; none of them uses `this`.
      '@typescript-eslint/unbound-method': 'off',
      // A function that must return a promise may have nothing to wait for, and its throw must become a rejection.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // What a vendor threw is handed on as it came.
      '@typescript-eslint/prefer-promise-reject-errors': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      'id-denylist': ['error', ...shortNames],
      'no-restricted-syntax': ['error', ...everywhere],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'for now'] }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['packages/*/*/src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...inSources],
    },
  },
  {
    files: ['packages/apps/*/src/**/*.ts', 'packages/platform/core/src/**/from-env.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...inSources.filter((rule) => !rule.selector.includes('"process"') && !rule.selector.startsWith('Program')),
      ],
    },
  },
  {
    files: ['packages/*/*/test/**/*.ts', 'tools/*/test/**/*.ts', 'examples/**/test/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...inTests],
      // An async listener of a server: its rejection is an unhandled one, and fails the test.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      // Tests throw what people throw, and print what must not show when printed.
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      // Tests reach into what a consumer should not rely on, and hand over what types would refuse.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // A type test states types of values that nothing reads.
    files: ['packages/*/*/test/types/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-vars': 'off' },
  },
  {
    // Benches drive other libraries, some of them without types.
    files: ['tools/bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['packages/*/*/package.json'],
    languageOptions: { parser: await import('jsonc-eslint-parser') },
    plugins: { '@nx': nx },
    rules: {
      '@nx/dependency-checks': [
        'error',
        {
          buildTargets: ['build'],
          ignoredFiles: ['{projectRoot}/test/**/*', '{projectRoot}/tsconfig*.json'],
          checkVersionMismatches: true,
          // Types of a driver that itself brings none: our declarations name them, no import does.
          ignoredDependencies: ['@types/pg'],
        },
      ],
    },
  },
  prettier,
]
