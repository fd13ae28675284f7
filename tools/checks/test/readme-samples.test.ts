import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from '@jest/globals'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** The complete TypeScript samples of a page: those that say where all of their names come from, without files beside them. */
function samplesOf(page: string): string[] {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```(?:ts|typescript)\n(.*?)^```/gms)
  return [...blocks]
    .map(([, code = '']) => code)
    .filter((code) => /^import /m.test(code) && !/from '\.{1,2}\//.test(code))
}

test('every complete sample of the READMEs compiles', () => {
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true })
  const folder = mkdtempSync(join(root, 'node_modules/.cache/readme-samples-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    const pages = globSync(['README.md', 'packages/*/*/README.md'], { cwd: root })
    const files = pages.flatMap((page) =>
      samplesOf(page).map((code, index) => {
        const file = join(folder, `${page.replaceAll('/', '-')}-${index + 1}.ts`)
        writeFileSync(file, code)
        return file
      }),
    )
    expect(files.length).toBeGreaterThan(4)
    const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) => ts.sys.readFile(path)) as {
      config: { compilerOptions: object }
    }
    const { options } = ts.convertCompilerOptionsFromJson(
      {
        ...config.compilerOptions,
        noEmit: true,
        noUnusedLocals: false,
        noUnusedParameters: false,
        rewriteRelativeImportExtensions: false,
      },
      root,
    )
    const problems = ts.getPreEmitDiagnostics(ts.createProgram(files, options)).map((problem) => {
      const place = problem.file === undefined ? '' : relative(folder, problem.file.fileName)
      return `${place}: ${ts.flattenDiagnosticMessageText(problem.messageText, ' ')}`
    })
    expect(problems).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 60_000)
