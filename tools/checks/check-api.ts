import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'
import { codeEntries, type WorkspacePackage, workspaceRoot } from '../workspace.ts'

/**
 * Compares what a package exports with its reviewed API reports, `etc/NAME.api.md` (`etc/NAME.SUBPATH.api.md` for
 * further entries): a change of the public API shows up in the pull request as a change of that file. Every exported
 * name has a doc comment.
 *
 * @param entry the package, built
 * @param temporaryFolder where the reports of this run are written
 * @param update whether to accept what is there now
 */
export function checkApi(entry: WorkspacePackage, temporaryFolder: string, update: boolean): string[] {
  const { folder, manifest, shortName } = entry
  const problems: string[] = []
  const reportFolder = join(folder, 'etc')
  mkdirSync(reportFolder, { recursive: true })
  for (const { subpath, stem } of codeEntries(manifest)) {
    const reportName = [shortName, ...subpath.split('/').slice(1)].join('.')
    const messages: string[] = []
    const configuration = ExtractorConfig.prepare({
      configObjectFullPath: join(folder, 'api-extractor.json'),
      packageJsonFullPath: join(folder, 'package.json'),
      configObject: {
        projectFolder: folder,
        mainEntryPointFilePath: join(folder, 'dist', `${stem}.d.cts`),
        newlineKind: 'lf',
        compiler: {
          overrideTsconfig: {
            extends: join(workspaceRoot, 'tsconfig.base.json'),
            compilerOptions: { customConditions: [], rootDir: folder },
            include: ['dist/**/*.d.cts'],
          },
        },
        apiReport: {
          enabled: true,
          reportFileName: reportName,
          reportFolder,
          reportTempFolder: temporaryFolder,
          // A connector's operations are reached through its type only, and are its public API all the same.
          includeForgottenExports: true,
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: {
          extractorMessageReporting: {
            default: { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: false },
            'ae-forgotten-export': { logLevel: ExtractorLogLevel.None },
            'ae-undocumented': { logLevel: ExtractorLogLevel.None },
            'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
            'ae-unresolved-link': { logLevel: ExtractorLogLevel.None },
          },
          tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
          compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        },
      },
    })
    const result = Extractor.invoke(configuration, {
      localBuild: update,
      messageCallback(message) {
        message.handled = true
        if (message.logLevel === ExtractorLogLevel.Error || message.logLevel === ExtractorLogLevel.Warning) {
          messages.push(message.text)
        }
      },
    })
    if (result.apiReportChanged && !update) {
      problems.push(
        `etc/${reportName}.api.md is not what the package exports now: read the change, then npm run api:update`,
      )
    } else if (!result.succeeded && !(update && result.apiReportChanged)) {
      problems.push(...messages.map((text) => `api-extractor: ${text}`))
    }
    const report = readFileSync(join(temporaryFolder, `${reportName}.api.md`), 'utf8')
    for (const [, declaration] of report.matchAll(/^\/\/ @public \(undocumented\)\n(export .*)$/gm)) {
      problems.push(`no doc comment: ${declaration}`)
    }
  }
  return problems
}
