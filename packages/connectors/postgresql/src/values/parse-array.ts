import type { Reader } from './readers.ts'

/**
 * The text of an array as nested lists (https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO). Lower bounds other
 * than 1 are not kept.
 */
export function parseArray(text: string, read: Reader): unknown[] {
  const start = text.startsWith('[') ? text.indexOf('=') + 1 : 0
  let at = start
  const list = (): unknown[] => {
    const items: unknown[] = []
    at += 1
    while (text[at] !== '}') {
      if (text[at] === ',') at += 1
      if (text[at] === '{') items.push(list())
      else if (text[at] === '"') items.push(read(quotedItem()))
      else items.push(plainItem())
      if (at >= text.length) throw new RangeError('The text of an array ends before the array does.')
    }
    at += 1
    return items
  }
  const plainItem = (): unknown => {
    const from = at
    while (at < text.length && text[at] !== ',' && text[at] !== '}') at += 1
    const item = text.slice(from, at)
    return item === 'NULL' ? null : read(item)
  }
  const quotedItem = (): string => {
    let item = ''
    let from = at + 1
    for (at = from; text[at] !== '"' && at < text.length; at += 1) {
      if (text[at] !== '\\') continue
      item += text.slice(from, at)
      at += 1
      from = at
    }
    item += text.slice(from, at)
    at += 1
    return item
  }
  return list()
}
