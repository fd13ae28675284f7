/** Where an instance lives, for the files that name it. */
interface Place {
  readonly directory: string
  readonly origin: string
  readonly password: string
}

/** `config.php` (https://simplesamlphp.org/docs/1.19/simplesamlphp-reference-config). */
export function configuration({ directory, origin, password }: Place): string {
  return `<?php
$config = [
  'baseurlpath' => '${origin}/',
  'certdir' => '${directory}/cert/',
  'loggingdir' => '${directory}/log/',
  'datadir' => '${directory}/data/',
  'tempdir' => '${directory}/tmp',
  'metadatadir' => '${directory}/metadata',
  'metadata.sources' => [['type' => 'flatfile']],
  'secretsalt' => '${password}',
  'auth.adminpassword' => '${password}',
  'timezone' => 'UTC',
  'logging.level' => 7,
  'logging.handler' => 'file',
  'enable.saml20-idp' => true,
  'store.type' => 'phpsession',
  'session.cookie.name' => 'SSPSID',
  'session.cookie.secure' => false,
  'session.cookie.samesite' => null,
  'session.cookie.lifetime' => 0,
  'session.cookie.path' => '/',
  'session.cookie.domain' => null,
  'session.phpsession.cookiename' => 'SSP',
  'session.phpsession.savepath' => '${directory}/sessions',
  'session.phpsession.httponly' => true,
  'session.authtoken.cookiename' => 'SSPAUTH',
  'session.duration' => 28800,
  'session.datastore.timeout' => 14400,
  'session.state.timeout' => 3600,
  'language.default' => 'en',
  'language.available' => ['en'],
  'theme.use' => 'default',
  'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
  'authproc.idp' => [],
  'authproc.sp' => [],
  'errorreporting' => false,
  'showerrors' => true,
  'trusted.url.domains' => ['127.0.0.1'],
  'production' => false,
];
`
}

/** `authsources.php`: the users. The second one's attributes are what a careless reader of XML falls over. */
export function authenticationSources(user: string, password: string): string {
  return `<?php
$config = [
  'admin' => ['core:AdminPassword'],
  'users' => [
    'exampleauth:UserPass',
    '${user}:${password}' => ['uid' => ['${user}'], 'email' => ['${user}@example.org'], 'groups' => ['staff', 'admins']],
    'zoe:${password}' => [
      'uid' => ['zoe'],
      'email' => ['zoe@example.org'],
      'groups' => ['staff'],
      'displayName' => ['Zoë <b>&amp;</b> "Q" ]]> 🚀'],
      '__proto__' => ['polluted'],
    ],
  ],
];
`
}

/** `saml20-idp-hosted.php`: signs with RSA-SHA256, wants signed requests where the service provider's metadata says so. */
export function hostedIdentityProvider(origin: string): string {
  return `<?php
$metadata['${origin}/idp'] = [
  'host' => '__DEFAULT__',
  'privatekey' => 'server.pem',
  'certificate' => 'server.crt',
  'auth' => 'users',
  'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'SingleSignOnServiceBinding' => [
    'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
    'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
  ],
  'SingleLogoutServiceBinding' => [
    'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
    'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
  ],
];
`
}

/** `saml20-sp-remote.php`: whatever tests have registered. */
export function serviceProviders(directory: string): string {
  return `<?php
foreach (glob('${directory}/service-providers/*.json') as $file) {
  $provider = json_decode(file_get_contents($file), true);
  $metadata[$provider['entityid']] = $provider;
}
`
}

/** Takes the registrations of tests; everything else is the product's own. */
export function router({ directory, user, password }: Omit<Place, 'origin'> & { readonly user: string }): string {
  return `<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (!preg_match('#^/service-providers/([a-z0-9-]{1,64})$#', $path, $found)) return false;
if (($_SERVER['PHP_AUTH_USER'] ?? '') !== '${user}' || !hash_equals('${password}', $_SERVER['PHP_AUTH_PW'] ?? '')) {
  http_response_code(401);
  return true;
}
$provider = json_decode(file_get_contents('php://input'), true);
if (is_string($provider['metadata'] ?? null)) {
  require '/usr/share/simplesamlphp/lib/_autoload.php';
  $described = SimpleSAML\\Metadata\\SAMLParser::parseString($provider['metadata'])->getMetadata20SP();
  unset($provider['metadata']);
  $provider += $described;
}
if ($_SERVER['REQUEST_METHOD'] !== 'PUT' || !is_string($provider['entityid'] ?? null)) {
  http_response_code(400);
  return true;
}
file_put_contents('${directory}/service-providers/' . $found[1] . '.json', json_encode($provider));
http_response_code(204);
`
}
