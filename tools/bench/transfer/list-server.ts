import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Answers ListObjectsV2 of a bucket with so many keys, 1,000 a page: no peer here takes in so many within minutes. */
export async function listServer(count: number): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://here')
    const from = Number(searchParams.get('continuation-token') ?? 0)
    const to = Math.min(from + 1_000, count)
    const contents = Array.from({ length: to - from }, (_one, index) => {
      const key = `some/folder/of/the/list/${String(from + index).padStart(9, '0')}.json`
      return `<Contents><Key>${key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;0123456789abcdef0123456789abcdef&quot;</ETag><Size>1024</Size><StorageClass>STANDARD</StorageClass></Contents>`
    })
    const next = to < count ? `<NextContinuationToken>${to}</NextContinuationToken>` : ''
    response.setHeader('content-type', 'application/xml')
    response.end(
      `<?xml version="1.0"?><ListBucketResult><Name>b</Name><KeyCount>${to - from}</KeyCount><IsTruncated>${to < count}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`,
    )
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
