import type { Socket } from 'node:net'
import { messageLength } from './message-length.ts'

/** The extended request 1.3.6.1.4.1.1466.20037 as message 1 (RFC 4511, 4.14). */
const request = Buffer.concat([
  Buffer.from('301d02010177188016', 'hex'),
  Buffer.from('1.3.6.1.4.1.1466.20037', 'latin1'),
])
const maxAnswerBytes = 8_192

/**
 * Asks the server to begin TLS. What comes after its answer in plain text is refused: an attacker could have put it there
 * to be read as if it had been protected.
 * @throws where the server does not agree.
 */
export async function startTls(socket: Socket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let answer = Buffer.alloc(0)
  const onData = (chunk: Buffer): void => {
    answer = Buffer.concat([answer, chunk])
    try {
      const length = messageLength(answer)
      if ((length ?? answer.length) > maxAnswerBytes) throw new Error('the answer to StartTLS is too long')
      if (length === undefined || answer.length < length) return
      if (answer.length > length) throw new Error('the server sent more than its answer to StartTLS in plain text')
      accepted(answer)
      resolve()
    } catch (error) {
      reject(error)
    }
  }
  const onClose = (): void => reject(new Error('the server closed the connection instead of beginning TLS'))
  socket.on('data', onData).once('close', onClose).once('error', reject)
  socket.write(request)
  try {
    await promise
  } finally {
    // Before the next tick: whatever arrives from here on is for TLS.
    socket.off('data', onData).off('close', onClose).off('error', reject)
    socket.pause()
  }
}

/** @throws unless it is an extended response with the result 0. */
function accepted(answer: Buffer): void {
  const header = answer[1] !== undefined && answer[1] >= 0x80 ? 2 + (answer[1] & 0x7f) : 2
  const body = answer.subarray(header)
  // The id of the message, then the response, whose first element is the result code.
  const response = body.subarray(3)
  const inner = response[1] !== undefined && response[1] >= 0x80 ? 2 + (response[1] & 0x7f) : 2
  const result = response.subarray(inner)
  if (
    body[0] !== 0x02 ||
    body[1] !== 1 ||
    body[2] !== 1 ||
    response[0] !== 0x78 ||
    result[0] !== 0x0a ||
    result[1] !== 1
  )
    throw new Error('the answer to StartTLS is not one')
  if (result[2] !== 0) throw new Error(`the server refuses StartTLS (result code ${result[2]})`)
}
