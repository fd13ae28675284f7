import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { AuditLog, type AuditEvent } from '@casare/secrets'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'casare-audit-'))
})
afterAll(async () => rm(folder, { recursive: true }))

let count = 0
async function filled(events: number): Promise<{ log: AuditLog; path: string; lines: string[] }> {
  count += 1
  const path = join(folder, `deep ${count}`, 'audit.jsonl')
  const log = new AuditLog(path)
  for (let i = 0; i < events; i += 1) await log.append(event(`secret ${i}`))
  return { log, path, lines: events === 0 ? [] : (await readFile(path, 'utf8')).trimEnd().split('\n') }
}

const event = (subject: string): AuditEvent => ({
  actor: 'söme@where',
  action: 'secrets get',
  subject,
  outcome: 'done',
})

describe('a log of events', () => {
  test('each record holds the hash of the one before', async () => {
    const { log, path, lines } = await filled(3)
    const records = lines.map((line) => JSON.parse(line) as { sequence: number; previous: string; hash: string })
    expect(records).toMatchObject([
      {
        sequence: 1,
        previous: '0'.repeat(64),
        actor: 'söme@where',
        action: 'secrets get',
        subject: 'secret 0',
        outcome: 'done',
      },
      { sequence: 2, previous: records[0]?.hash },
      { sequence: 3, previous: records[1]?.hash },
    ])
    expect(await log.verify()).toEqual({ records: 3, head: records[2]?.hash })
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await new AuditLog(join(folder, 'nobody')).verify()).toEqual({ records: 0, head: '0'.repeat(64) })
  })

  test('several writers at once: one chain, nothing lost', async () => {
    const { path } = await filled(0)
    const logs = [new AuditLog(path), new AuditLog(path), new AuditLog(path)]
    await Promise.all(
      logs.flatMap((log, who) => Array.from({ length: 10 }, (_, i) => log.append(event(`${who} ${i}`)))),
    )
    expect(await logs[0]?.verify()).toMatchObject({ records: 30 })
    const subjects = (await readFile(path, 'utf8')).match(/"subject":"\d \d"/g)
    expect(new Set(subjects).size).toBe(30)
  })

  test.each([
    [
      'changed',
      (lines: string[]) => lines.map((line, index) => (index === 1 ? line.replace('secret 1', 'secret 9') : line)),
      2,
      'it was changed',
    ],
    ['taken out', (lines: string[]) => lines.filter((_, index) => index !== 1), 2, 'it does not follow'],
    ['taken out in front', (lines: string[]) => lines.slice(1), 1, 'it does not follow'],
    ['put in twice', (lines: string[]) => [...lines.slice(0, 2), ...lines.slice(1)], 3, 'it does not follow'],
    ['moved', (lines: string[]) => [lines[1] ?? '', lines[0] ?? '', ...lines.slice(2)], 1, 'it does not follow'],
    ['no record', (lines: string[]) => [...lines.slice(0, 2), 'nonsense', ...lines.slice(2)], 3, 'it is no record'],
    ['emptied', (lines: string[]) => [...lines.slice(0, 2), '{}', ...lines.slice(2)], 3, 'it is no record'],
  ])('a record that was %s is found', async (_name, spoil, line, reason) => {
    const { log, path, lines } = await filled(4)
    await writeFile(path, `${spoil(lines).join('\n')}\n`)
    expect(await log.verify()).toMatchObject({ problem: { line, reason: expect.stringContaining(reason) } })
  })

  test('cut off or written anew: found by a hash that was kept elsewhere', async () => {
    const { log, path, lines } = await filled(4)
    const { head } = await log.verify()
    expect(await log.verify({ head })).toEqual({ records: 4, head })
    await writeFile(path, `${lines.slice(0, 2).join('\n')}\n`)
    expect((await log.verify()).problem).toBeUndefined()
    expect(await log.verify({ head })).toMatchObject({ problem: { reason: expect.stringContaining('kept elsewhere') } })
    await log.append(event('later'))
    expect(await log.verify({ head: (JSON.parse(lines[1] ?? '') as { hash: string }).hash })).toMatchObject({
      records: 3,
    })
  })

  test('a writer that was killed in the middle: the rest is cut off, and that is a record', async () => {
    const { log, path } = await filled(2)
    await appendFile(path, '{"sequence":3,"at":"2026')
    expect((await log.verify()).problem).toEqual({ line: 3, reason: 'it is no record' })
    await log.append(event('after'))
    expect(await log.verify()).toMatchObject({ records: 4 })
    expect(await readFile(path, 'utf8')).toContain(
      '"action":"audit repair","subject":"torn record","outcome":"done","detail":{"bytes":24}',
    )
    await truncate(path, 10)
    await log.append(event('first again'))
    expect(await log.verify()).toMatchObject({ records: 2 })
  })

  test('a file of something else is not written to', async () => {
    const path = join(folder, 'notes.txt')
    await writeFile(path, 'my notes\n')
    await expect(new AuditLog(path).append(event('x'))).rejects.toThrow(/no record of an audit log/)
    expect(await readFile(path, 'utf8')).toBe('my notes\n')
  })
})
