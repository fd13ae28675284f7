import { expect, test } from '@jest/globals'
import { escapeXml } from '../src/xml/escape-xml.ts'
import { readXml } from '../src/xml/read-xml.ts'
import { standalone } from '../src/message/standalone.ts'
import { elementsOf, textOf, type XmlElement } from '../src/xml/xml-element.ts'

const strict = (xml: string): XmlElement => readXml(xml, { mode: 'strict', maxNodes: 1_000 })
const documents = (xml: string): XmlElement => readXml(xml, { mode: 'documents', maxNodes: 1_000 })

test('elements, namespaces, attributes and text', () => {
  const root = strict(
    '\uFEFF<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<a:x xmlns:a="urn:a" xmlns="urn:d" b = \'1\' a:b="2\t3"\n><y>\r\n&lt;&#x41;&#66;&amp;amp;</y ><z xmlns=""/></a:x>\n',
  )
  expect(root).toMatchObject({ localName: 'x', namespace: 'urn:a' })
  expect(root.attributes.map(({ localName, namespace, value }) => [localName, namespace, value])).toEqual([
    ['b', '', '1'],
    ['b', 'urn:a', '2 3'],
  ])
  const [y, z] = elementsOf(root)
  expect(y).toMatchObject({ namespace: 'urn:d' })
  expect(y && textOf(y)).toBe('\n<AB&amp;')
  expect(z).toMatchObject({ namespace: '', localName: 'z' })
})

test('documents may hold comments, CDATA and instructions', () => {
  const root = documents('<?xml version="1.0"?><!-- a --><?x y?><a>b<!-- c -->d<![CDATA[<e>&]]><?f?></a><!-- g -->')
  expect(textOf(root)).toBe('bd<e>&')
})

test.each([
  '',
  ' ',
  'a',
  '<a>',
  '<a></b>',
  '<a></a',
  '<a/><b/>',
  '<a/>b',
  'b<a/>',
  '< a/>',
  '<a b/>',
  '<a b=c/>',
  '<a b="<"/>',
  '<a b="1" b="2"/>',
  '<a b="1"c="2"/>',
  '<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>',
  '<p:a/>',
  '<a p:b=""/>',
  '<a xmlns:p=""/>',
  '<a xmlns:xml="u"/>',
  '<a xmlns:xmlns="u"/>',
  '<a xmlns="http://www.w3.org/2000/xmlns/"/>',
  '<a:b:c xmlns:a="u"/>',
  '<a>]]></a>',
  '<a>&</a>',
  '<a>&b</a>',
  '<a>&b;</a>',
  '<a>&toString;</a>',
  '<a>&#0;</a>',
  '<a>&#xD800;</a>',
  '<a>&#x110000;</a>',
  '<a>&#;</a>',
  '<a>\u0001</a>',
  '<a>\uD800</a>',
  '<a></ a>',
  '<a></a/>',
  '<a><!</a>',
  '<?xml version="1.1"?><a/>',
  '<?xml version="1.0" encoding="latin1"?><a/>',
  ' <?xml version="1.0"?><a/>',
  '<!DOCTYPE a><a/>',
  '<a><!DOCTYPE a></a>',
  '<a/><!DOCTYPE a>',
  '<a><!ENTITY b "c"></a>',
  '<\u00e9/>',
])('refused by both modes: %j', (xml) => {
  expect(() => strict(xml)).toThrow()
  expect(() => documents(xml)).toThrow()
})

test.each(['<!--a--><a/>', '<a/><!--a-->', '<a><!--a--></a>', '<a><![CDATA[a]]></a>', '<a><?b?></a>', '<?b?><a/>'])(
  'refused in messages: %s',
  (xml) => {
    expect(() => strict(xml)).toThrow()
    expect(() => documents(xml)).not.toThrow()
  },
)

test.each(['<a><!--a', '<a><!-- a -- b --></a>', '<a><![CDATA[a</a>', '<a><?b</a>', '<a><?xml version="1.0"?></a>'])(
  'refused in documents: %s',
  (xml) => expect(() => documents(xml)).toThrow(),
)

test('limits: depth, elements, attributes, and no time lost on long texts', () => {
  expect(() => strict('<a>'.repeat(49) + '</a>'.repeat(49))).toThrow('too deep')
  expect(() => strict(`<a>${'<b/>'.repeat(1_000)}</a>`)).toThrow('Too many elements')
  const attributes = Array.from({ length: 65 }, (_, at) => `a${at}=""`)
  expect(() => strict(`<a ${attributes.join(' ')}/>`)).toThrow('Too many attributes')
  for (const part of ['<!--', '<?a ', '<![CDATA[', ' ', '&', '<a', '"', '<a b="', '\r']) {
    expect(() => documents(`<a>${part.repeat(200_000)}`)).toThrow()
  }
})

test('an element by itself keeps the namespaces around it', () => {
  const xml = '<r xmlns="urn:d" xmlns:p="urn:p" xmlns:q="urn:&amp;"><p:a xmlns:p="urn:own" q:b="1"><c/></p:a></r>'
  const [element] = elementsOf(strict(xml))
  const text = element && standalone(xml, element)
  expect(text).toBe('<p:a xmlns="urn:d" xmlns:q="urn:&amp;" xmlns:p="urn:own" q:b="1"><c/></p:a>')
})

test('escaping and reading are inverse', () => {
  const text = `<"&'>]]>\u00e9\u{1F680}&amp;`
  expect(textOf(strict(`<a>${escapeXml(text)}</a>`))).toBe(text)
  expect(strict(`<a b="${escapeXml(text)}"/>`).attributes[0]?.value).toBe(text)
})
