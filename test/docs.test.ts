import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('..', import.meta.url));

describe('documents', () => {
  const pages = [...markdownBelow(join(root, 'docs')), join(root, 'README.md'), join(root, 'CHANGELOG.md')];

  it('link to files that exist', () => {
    const broken = pages.flatMap((page) =>
      linksIn(page)
        .filter((link) => !existsSync(join(dirname(page), link)))
        .map((link) => `${relative(root, page)}: ${link}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it('link to headings that exist', () => {
    const broken = pages.flatMap((page) =>
      anchorsIn(page)
        .filter(({ path, anchor }) => !headingsOf(path === '' ? page : join(dirname(page), path)).includes(anchor))
        .map(({ path, anchor }) => `${relative(root, page)}: ${path}#${anchor}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it('promise no more of stopping than can be proven', () => {
    expect(headingsOf(join(root, 'docs/lifecycle.md'))).to.include('what-stopping-cannot-see');
    expect(anchorsIn(join(root, 'README.md'))).to.deep.include({ path: 'docs/lifecycle.md', anchor: 'what-stopping-cannot-see' });
    const promises = pages.flatMap((page) => [...readFileSync(page, 'utf8').matchAll(/leaves nothing (?:running|behind)/g)].map(([words]) => `${relative(root, page)}: ${words}`));
    expect(promises).to.deep.equal([]);
  });

  it('name error codes that exist', () => {
    const known = JSON.parse(readFileSync(join(root, 'contracts/error-codes.json'), 'utf8')) as Record<string, string>;
    const unknown = pages.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/\bENVCTL_E(?:_[A-Z]+)+\b/g)]
        .map(([code]) => code)
        .filter((code) => !(code in known))
        .map((code) => `${relative(root, page)}: ${code}`),
    );
    expect(unknown).to.deep.equal([]);
  });

  it('name scripts that exist', () => {
    const missing = pages.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/(?<![\w/.-])scripts\/([\w.-]*\w)/g)]
        .map(([path]) => path)
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${relative(root, page)}: ${path}`),
    );
    expect(missing).to.deep.equal([]);
  });
});

function markdownBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

/** Links into a page of the repository, this one (an empty path) or another. */
function anchorsIn(page: string): readonly { readonly path: string; readonly anchor: string }[] {
  return [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s:#]*)#([^)\s]+)\)/g)].map(([, path = '', anchor = '']) => ({ path, anchor }));
}

/** The anchors that the headings of a page have where it is rendered. */
function headingsOf(page: string): readonly string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title.toLowerCase().replace(/[^\w\s-]/g, '').replaceAll(' ', '-'));
}

/** Targets inside the repository, without the part after `#`. */
function linksIn(page: string): readonly string[] {
  return [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^(?:https?:|mailto:|#)/.test(link))
    .map((link) => link.replace(/#.*$/, ''));
}
