import { buildApp } from 'fauxqs'

// Its own program would listen on every interface.
const app = buildApp({ logger: false, host: '127.0.0.1', defaultRegion: 'us-east-1' })
await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1' })
