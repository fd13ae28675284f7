import { expect, test } from '@jest/globals'
test('the workspace runs TypeScript tests as ES modules', () => { expect(import.meta.url).toMatch(/^file:/) })
