import { expect } from 'chai';
import fc from 'fast-check';
import { createRedactor } from '../../dist/events/index.js';
import { createSecretPattern, isBare } from '../../dist/events/secret-pattern.js';

const redactor = createRedactor({ home: '/home/bob' });

describe('redaction of text', () => {
  for (const [text, expected] of [
    ['postgres://bob:hunter@db/app', 'postgres://<redacted>@db/app'],
    ['postgres://bob:p@ss@db/app', 'postgres://<redacted>@db/app'],
    ['postgres://bob:p/ss?x#y@db/app', 'postgres://<redacted>@db/app'],
    ['clone https://ghp_abc@github.com/a/b', 'clone https://<redacted>@github.com/a/b'],
    ['redis://:pw@127.0.0.1:6379/0', 'redis://<redacted>@127.0.0.1:6379/0'],
    ['redis://:password@127.0.0.1:6379/0', 'redis://<redacted>@127.0.0.1:6379/0'],
    ['postgres://user:password@host:5432/db', 'postgres://<redacted>@host:5432/db'],
    ['postgres://user:passw0rd@host:port/db', 'postgres://<redacted>@host:port/db'],
    ['DB_PASSWORD=abc next', 'DB_PASSWORD=<redacted> next'],
    ['PGPASSWORD=abc psql', 'PGPASSWORD=<redacted> psql'],
    ["SECRET_KEY='a b' x", "SECRET_KEY='<redacted>' x"],
    ['docker run -e "POSTGRES_PASSWORD=my pass" x', 'docker run -e "POSTGRES_PASSWORD=<redacted>" x'],
    ['docker run -e "POSTGRES_PASSWORD=unterminated', 'docker run -e "POSTGRES_PASSWORD=<redacted>'],
    ['{"password":"a\\"b","port":1}', '{"password":"<redacted>","port":1}'],
    ['"{\\"password\\":\\"abc\\"}"', '"{\\"password\\":\\"<redacted>\\"}"'],
    ['Authorization: Bearer abc.def', 'Authorization: <redacted>'],
    ['Cookie: a=b; c=d', 'Cookie: <redacted>'],
    ['x-api-key: abc', 'x-api-key: <redacted>'],
    ['http://h/p?token=abc&page=2', 'http://h/p?token=<redacted>&page=2'],
    ['server --password abc --port 3', 'server --password <redacted> --port 3'],
    [`found: sh -c 'node server.js --password topsecret10'`, `found: sh -c 'node server.js --password <redacted>'`],
    [`sh -c 'node a --token abc; y' --port 3`, `sh -c 'node a --token <redacted> y' --port 3`],
    [`sh -c 'node a --db-pass abc'`, `sh -c 'node a --db-pass <redacted>'`],
    [`sh -c "node a --password 'two words' --port 3"`, `sh -c "node a --password <redacted> --port 3"`],
    [`sh -c 'node a --password "two words"'`, `sh -c 'node a --password <redacted>'`],
    [String.raw`sh -c "node a --password \"two words\" --port 3"`, 'sh -c "node a --password <redacted> --port 3"'],
    [String.raw`sh -c 'node a --password '\''two words'\'' --port 3'`, `sh -c 'node a --password <redacted> --port 3'`],
    [`sh -c 'node a --password '"'"'two words'"'"' --port 3'`, `sh -c 'node a --password <redacted> --port 3'`],
    [String.raw`sh -c 'node a --password='\''two words'\'' --port 3'`, String.raw`sh -c 'node a --password='<redacted>' --port 3'`],
    [`sh -c "sh -c 'node a --secret abc'"`, `sh -c "sh -c 'node a --secret <redacted>'"`],
    ['server --password "unclosed words', 'server --password <redacted>'],
    ['server --pass abc --auth def', 'server --pass <redacted> --auth <redacted>'],
    ['server --pass=abc --auth=def', 'server --pass=<redacted> --auth=<redacted>'],
    ['curl -u bob:hunter x', 'curl -u <redacted> x'],
    [`sh -c 'curl -u "bob:two words" x'`, `sh -c 'curl -u <redacted> x'`],
    ['curl --user bob:1234 x', 'curl --user <redacted> x'],
    ['password=one password=two', 'password=<redacted> password=<redacted>'],
  ] as const) {
    it(`hides the credential in ${text}`, () => expect(redactor.text(text)).to.equal(expected));
  }

  for (const text of [
    'the keyboard of the monkey',
    '/home/monkey/keys/session-20260101-42-ab12/author.txt',
    'session_id=session-20260101-42-ab12',
    'run_id: run-20260101000000-0123abcd session_id: session-1234abcd',
    'keyboard: qwerty, author: bob, monkey=banana',
    'tokenizer: bert, tokenize=true, secretary: ann',
    'primary key: id, hotkey=ctrl-c, press any key: ok',
    'PWD=/home/monkey',
    'POSTGRES_PASSWORD_FILE=/run/secrets/db',
    'http://localhost:3000/a?mail=a@b.example',
    'listening on http://127.0.0.1:8000/auth/v1/health',
    'external: set ENVCTL_REDIS_URL=redis://:password@host:port/0',
    'envctl config --set ENVCTL_POSTGRES_URL=postgresql://user:password@host:port/database',
    'supabase auth: ready after 3 s',
    'ENVCTL_E_PORT_EXHAUSTED: no free port found from 8000 to 65000',
    'http://[::1]:3000/x',
    'passed: 12, bypass=1, compass: north',
    'mongod --auth --port 27017',
    'docker run -u 1000:1000 --user "0:0" app',
    'tool -u bob x -u https://host/path -u bob:',
    `sh -c 'node server.js --port 3 --name "two words"'`,
    'envctl config --set KEY=VALUE',
    'export DB_PASSWORD=<value>',
  ]) {
    it(`leaves alone: ${text}`, () => expect(redactor.text(text)).to.equal(text));
  }

  it('hides the word after a flag in an argument vector', () => {
    const words = ['sh', '-c', 'node a --pass abc', '--auth', '--port', '3', '--auth', 'abc', '-u', 'bob:hunter', '-u', '1:2', '--password', '-x'];
    expect(redactor.value(words)).to.deep.equal(['sh', '-c', 'node a --pass <redacted>', '--auth', '--port', '3', '--auth', '<redacted>', '-u', '<redacted>', '-u', '1:2', '--password', '<redacted>']);
  });

  it('changes nothing when it is done twice', () => {
    const parts = fc.constantFrom('password', 'TOKEN', 'key', 'user', '=', ': ', ' ', '"', "'", '\\', '/', '@', '://', 'http', '<redacted>', 'a1', '\n', '&', '?', '--', '--password ', '-u ', ',', '{', '}');
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 20 }).map((words) => words.join('')), (text) => {
        const once = redactor.text(text);
        expect(redactor.text(once)).to.equal(once);
      }),
      { numRuns: 5000 },
    );
  });

  it('never changes ordinary words', () => {
    const word = fc.constantFrom('keyboard', 'monkey', 'author', 'authority', 'session_id', 'tokenize', 'secretary', 'passing', 'compass', 'cookiecutter', 'privateer', 'project', '8000', '/srv/monkey/keys.ts');
    fc.assert(fc.property(fc.array(word, { minLength: 1 }), fc.constantFrom(' ', ', ', '/', ': ', '='), (words, separator) => {
      const text = words.join(separator);
      expect(redactor.text(text)).to.equal(text);
    }));
  });
});

/** Every dress a secret was seen in. */
const dresses: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  'percent-encoded': encodeURIComponent,
  'percent-encoded in lower case': (secret) => encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()),
  'percent-encoded throughout': (secret) => [...Buffer.from(secret)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  'percent-encoded twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  'form-encoded': (secret) => new URLSearchParams({ x: secret }).toString().slice(2),
  'a URL password': (secret) => {
    const url = new URL('postgres://u@h/db');
    url.password = secret;
    return url.password;
  },
  'escaped for JSON': (secret) => JSON.stringify(secret).slice(1, -1),
  'escaped for JSON twice': (secret) => JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  'escaped for a shell': (secret) => secret.replace(/[^A-Za-z0-9]/g, '\\$&'),
  'quoted for a shell': (secret) => secret.replaceAll("'", `'\\''`),
  'escaped for HTML': (secret) => secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
  'in base64': (secret) => Buffer.from(secret).toString('base64'),
  'in basic authorization': (secret) => Buffer.from(`user:${secret}`).toString('base64'),
  'in base64 for URLs': (secret) => Buffer.from(`postgres:${secret}!`).toString('base64url'),
  'in hex': (secret) => Buffer.from(secret).toString('hex'),
};

const secret = fc
  .string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 24 })
  .filter((value) => /[A-Za-z0-9]{3}/.test(value) && value.trim() === value && !/^\d+$/.test(value))
  .map((value) => `S3${value}Z9`);

describe('redaction of known secrets', () => {
  for (const [dress, wear] of Object.entries(dresses)) {
    it(`finds a secret that is ${dress}, wherever it is nested`, () => {
      fc.assert(
        fc.property(secret, fc.array(fc.constantFrom('object', 'array', 'map', 'set', 'error', 'key', 'text'), { maxLength: 5 }), fc.constantFrom('plain', 'text', 'path'), (value, nesting, rule) => {
          const local = createRedactor({ secrets: () => [value], home: '/home/bob' });
          const worn = wear(value);
          const written = JSON.stringify(local.field(rule, nest(worn, nesting)));
          expect(written).to.not.include(worn);
          expect(written).to.not.include(JSON.stringify(worn).slice(1, -1));
          expect(written).to.not.include(value);
        }),
        { numRuns: 300 },
      );
    });
  }

  it('sees secrets that are made later', () => {
    const secrets: string[] = [];
    const local = createRedactor({ secrets: () => secrets, home: '/' });
    expect(local.text('0123456789abcdef')).to.equal('0123456789abcdef');
    secrets.push('0123456789abcdef');
    expect(local.text('0123456789abcdef')).to.equal('<redacted>');
  });

  it('finds the password of a URL that is secret, as it stands there and decoded', () => {
    const local = createRedactor({ secrets: () => ['postgresql://main:Plain%2Fpw%4077x@localhost:5432/main?x=y:z@1', 'redis://:r3d1spass@localhost:6379/0'], home: '/' });
    expect(local.text('login as Plain/pw@77x or Plain%2Fpw%4077x or r3d1spass to localhost')).to.equal('login as <redacted> or <redacted> or <redacted> to localhost');
  });

  it('finds each line of a secret of several lines', () => {
    const local = createRedactor({ secrets: () => ['-----BEGIN X-----\nMIIabcdefgh\nqrstuvwxyz\n-----END X-----'], home: '/' });
    expect(local.text('cert: qrstuvwxyz')).to.equal('cert: <redacted>');
  });

  it('leaves words and ports alone that somebody chose as a password', () => {
    const local = createRedactor({ secrets: () => ['postgres', '5432', 'password', '', ' '], home: '/' });
    expect(local.text('postgres listens on 5432, password accepted')).to.equal('postgres listens on 5432, password accepted');
    expect(local.text('postgres://app:postgres@localhost:5432/app')).to.equal('postgres://<redacted>@localhost:5432/app');
  });
});

describe('redaction of values', () => {
  it('hides the values of secret names at any depth', () => {
    expect(redactor.value({ a: [{ password: 'x', token_count: 3, nested: { apiKey: ['y'], auth: true } }] })).to.deep.equal({
      a: [{ password: '<redacted>', token_count: 3, nested: { apiKey: '<redacted>', auth: true } }],
    });
  });

  it('hides the word after a secret flag in an argument vector', () => {
    expect(redactor.value(['srv', '--password', 'x', '-p', '3'])).to.deep.equal(['srv', '--password', '<redacted>', '-p', '3']);
  });

  it('never throws and always gives JSON', () => {
    const circular: Record<string, unknown> = { x: 1n };
    circular['self'] = circular;
    Object.defineProperty(circular, 'bad', { enumerable: true, get: () => { throw new Error('no'); } });
    const values = [circular, new Map([[{}, circular]]), Buffer.from('secret'), new Date(Number.NaN), () => 1, Symbol('x'), undefined, Object.create(null), new Proxy({}, { ownKeys: () => { throw new Error('no'); } })];
    for (const value of values) expect(() => JSON.stringify(redactor.value(value))).to.not.throw();
  });

  it('shows the home directory as ~ and no other path', () => {
    expect(redactor.field('path', '/home/bob/app')).to.equal('~/app');
    expect(redactor.field('path', ['/home/bob', '/home/bobby/app', '/mnt/home/bob/x'])).to.deep.equal(['~', '/home/bobby/app', '/mnt/home/bob/x']);
  });

  it('writes neither hash nor secret fields', () => {
    expect(redactor.field('hash', 'x')).to.equal(undefined);
    expect(redactor.field('secret', 'x')).to.equal(undefined);
  });
});

function nest(worn: string, nesting: readonly string[]): unknown {
  return nesting.reduce<unknown>((inner, kind) => {
    switch (kind) {
      case 'array':
        return ['before', inner];
      case 'map':
        return new Map([['entry', inner]]);
      case 'set':
        return new Set([inner]);
      case 'error':
        return new Error(`failed: ${worn}`, { cause: inner });
      case 'key':
        return { [`for ${worn} only`]: inner };
      case 'text':
        return [`could not connect with ${worn}, giving up`, inner];
      default:
        return { field: inner };
    }
  }, worn);
}

describe('patterns of known secrets', () => {
  it('find the same in a bare text, whichever is used', () => {
    const value = fc.oneof(fc.string({ minLength: 6, maxLength: 24 }), fc.stringMatching(/^[a-zA-Z0-9+/ .-]{8,24}$/));
    const dress = fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => Buffer.from(text).toString('hex'),
      (text) => Buffer.from(`x${text}y`).toString('base64'),
      (text) => text.toUpperCase(),
      (text) => text.slice(1),
    );
    fc.assert(
      fc.property(value, dress, fc.string(), fc.string(), (secret, dressed, before, after) => {
        const text = `${before}${dressed(secret)}${after}`;
        fc.pre(isBare(text));
        const found = (kind: 'bare' | 'dressed') => [...text.matchAll(createSecretPattern([secret], kind) ?? /(?!)/g)].map(([match]) => match);
        expect(found('bare')).to.deep.equal(found('dressed'));
      }),
    );
  });

  it('know what may be an escape', () => {
    expect(['run-20260101-ab', '/srv/a b', 'a=b:c@d'].map(isBare)).to.deep.equal([true, true, true]);
    expect(['a%20b', 'a\\b', '&amp;', "it's", '"', 'a+b'].map(isBare)).to.deep.equal([false, false, false, false, false, false]);
  });
});
