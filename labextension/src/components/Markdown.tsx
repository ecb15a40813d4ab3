/**
 * Markdown written by a model, as React elements.
 *
 * The text is parsed to a syntax tree (mdast) and every node kind is mapped by hand: no HTML string
 * is ever made, so there is nothing to sanitise. HTML in the text is shown as text; images are not
 * loaded but shown as links; links go to http, https and mailto only and show where they lead.
 * Code runs left to right whatever surrounds it. What this must not do: fetch anything, or pass an
 * attribute from the text to the page, `href` of a checked address excepted.
 */
import type { AlignType, List, Nodes, PhrasingContent, RootContent, Table } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import * as React from 'react';

import { CodeBlock, type CodeLabels } from './CodeBlock';
import { safeNodes } from './SafeText';
import { blockDirection, type Direction } from '../text/direction';

/** A longer text is shown as plain text: nobody reads it as a page, and parsing it costs. */
const PARSE_AT_MOST = 200_000;

/** Deeper quotes and lists than this are flattened to their text. */
const DEPTH_AT_MOST = 24;

/**
 * Verse and aligned text often begin with spaces: that is not code here. HTML is not a syntax here
 * at all, so that markup in an answer is read as the characters it is.
 */
const EXTENSIONS = [gfm(), { disable: { null: ['codeIndented', 'htmlFlow', 'htmlText'] } }];

/** What looks like a tag of HTML. */
const TAG = /(<[/!?]?[a-z][^<>\n]{0,400}>)/i;

const TREE_EXTENSIONS = [gfmFromMarkdown()];

/** What the tree is drawn with. */
interface Drawing {
  base: Direction;
  forced: boolean;
  labels: CodeLabels;
  urls: ReadonlyMap<string, string>;
}

/** An address that may be followed, or null. */
export function safeUrl(url: string): URL | null {
  if (!/^(?:https?:\/\/|mailto:)/i.test(url)) {
    return null;
  }
  try {
    const parsed = new URL(url);
    return ['http:', 'https:', 'mailto:'].includes(parsed.protocol) ? parsed : null;
  } catch {
    return null;
  }
}

/** What a node says, without its marks. */
function plain(node: Nodes): string {
  if ('children' in node) {
    return node.children.map(plain).join(node.type === 'root' ? '\n' : ' ');
  }
  return node.type === 'text' ? node.value : '';
}

/** The tree of a text; broken input cannot raise, as every text is Markdown. */
function parse(text: string): RootContent[] {
  return fromMarkdown(text, {
    extensions: EXTENSIONS,
    mdastExtensions: TREE_EXTENSIONS
  }).children;
}

/** A text in which what looks like a tag runs left to right: in Persian its brackets would swap. */
function proseNodes(text: string): React.ReactNode {
  if (!text.includes('<')) {
    return safeNodes(text);
  }
  return text.split(TAG).map((part, index) =>
    index % 2 === 1 ? (
      <bdi key={index} dir="ltr">
        {safeNodes(part)}
      </bdi>
    ) : (
      <React.Fragment key={index}>{safeNodes(part)}</React.Fragment>
    )
  );
}

/** Where a link leads, said in full when its words do not say it. */
function destination(url: URL): string {
  return url.protocol === 'mailto:' ? url.pathname : url.host;
}

function link(
  key: number,
  address: string,
  words: string,
  children: React.ReactNode
): React.ReactElement {
  const url = safeUrl(address);
  if (url === null) {
    return (
      <span key={key} className="pai-dead-link">
        {children} <bdi dir="ltr">({safeNodes(address)})</bdi>
      </span>
    );
  }
  const where = destination(url);
  return (
    <React.Fragment key={key}>
      <a
        className="pai-md-link"
        href={url.href}
        target="_blank"
        rel="noopener noreferrer nofollow"
        title={url.href}
      >
        {children}
      </a>
      {words.includes(where) ? null : (
        <>
          {' '}
          <bdi dir="ltr" className="pai-destination">
            {where}
          </bdi>
        </>
      )}
    </React.Fragment>
  );
}

function phrasing(nodes: readonly PhrasingContent[], drawing: Drawing): React.ReactNode[] {
  return nodes.map((node, key) => {
    switch (node.type) {
      case 'text':
      case 'html':
        return <React.Fragment key={key}>{proseNodes(node.value)}</React.Fragment>;
      case 'emphasis':
        return <em key={key}>{phrasing(node.children, drawing)}</em>;
      case 'strong':
        return <strong key={key}>{phrasing(node.children, drawing)}</strong>;
      case 'delete':
        return <del key={key}>{phrasing(node.children, drawing)}</del>;
      case 'inlineCode':
        return (
          <code key={key} dir="ltr" className="pai-inline-code">
            {safeNodes(node.value)}
          </code>
        );
      case 'break':
        return <br key={key} />;
      case 'link':
        return link(key, node.url, plain(node), phrasing(node.children, drawing));
      case 'linkReference': {
        const words = phrasing(node.children, drawing);
        return link(key, drawing.urls.get(node.identifier) ?? '', plain(node), words);
      }
      case 'image':
        return link(key, node.url, node.alt ?? '', safeNodes(node.alt || node.url));
      case 'imageReference': {
        const address = drawing.urls.get(node.identifier) ?? '';
        return link(key, address, node.alt ?? '', safeNodes(node.alt || address));
      }
      case 'footnoteReference':
        return <sup key={key}>[{safeNodes(node.identifier)}]</sup>;
    }
  });
}

function list(
  node: List,
  key: number,
  drawing: Drawing,
  depth: number
): React.ReactElement {
  const dir = direction(node, drawing);
  const items = node.children.map((item, index) => (
    <li key={index} className={typeof item.checked === 'boolean' ? 'pai-task' : undefined}>
      {typeof item.checked === 'boolean' ? (
        <input type="checkbox" checked={item.checked} disabled readOnly />
      ) : null}
      {item.children.map((child, at) =>
        child.type === 'paragraph' && !item.spread ? (
          <span key={at} className="pai-line">
            {phrasing(child.children, drawing)}
          </span>
        ) : (
          block(child, at, { ...drawing, base: dir }, depth + 1)
        )
      )}
    </li>
  ));
  return node.ordered ? (
    <ol key={key} dir={dir} start={node.start ?? 1}>
      {items}
    </ol>
  ) : (
    <ul key={key} dir={dir}>
      {items}
    </ul>
  );
}

function table(node: Table, key: number, drawing: Drawing): React.ReactElement {
  const [head, ...rows] = node.children;
  const cells = (row: (typeof rows)[number], Cell: 'th' | 'td'): React.ReactElement[] =>
    row.children.map((cell, index) => (
      <Cell
        key={index}
        dir={blockDirection(plain(cell), drawing.base)}
        data-align={alignment(node.align?.[index])}
      >
        {phrasing(cell.children, drawing)}
      </Cell>
    ));
  return (
    <div key={key} className="pai-table-scroll" tabIndex={0} dir={direction(node, drawing)}>
      <table>
        <thead>
          <tr>{head ? cells(head, 'th') : null}</tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>{cells(row, 'td')}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function alignment(align: AlignType | undefined): string | undefined {
  return align ?? undefined;
}

function direction(node: Nodes, drawing: Drawing): Direction {
  return drawing.forced ? drawing.base : blockDirection(plain(node), drawing.base);
}

function block(
  node: RootContent,
  key: number,
  drawing: Drawing,
  depth: number
): React.ReactNode {
  if (depth > DEPTH_AT_MOST) {
    return <p key={key}>{safeNodes(plain(node))}</p>;
  }
  switch (node.type) {
    case 'paragraph':
      return (
        <p key={key} dir={direction(node, drawing)}>
          {phrasing(node.children, drawing)}
        </p>
      );
    case 'heading':
      // A message is not a document: its headings stay below those of the page.
      return React.createElement(
        `h${Math.min(6, node.depth + 2)}`,
        { key, dir: direction(node, drawing), 'data-depth': node.depth },
        phrasing(node.children, drawing)
      );
    case 'blockquote':
      return (
        <blockquote key={key} dir={direction(node, drawing)}>
          {node.children.map((child, index) => block(child, index, drawing, depth + 1))}
        </blockquote>
      );
    case 'list':
      return list(node, key, drawing, depth);
    case 'table':
      return table(node, key, drawing);
    case 'code':
      return (
        <CodeBlock
          key={key}
          code={node.value}
          language={node.lang ?? ''}
          labels={drawing.labels}
        />
      );
    case 'thematicBreak':
      return <hr key={key} />;
    case 'footnoteDefinition':
      return (
        <div key={key} className="pai-footnote" dir={direction(node, drawing)}>
          <span>[{safeNodes(node.identifier)}]</span>
          {node.children.map((child, index) => block(child, index, drawing, depth + 1))}
        </div>
      );
    case 'definition':
      return null;
    case 'html':
    case 'yaml':
      return <p key={key}>{safeNodes(node.value)}</p>;
    case 'listItem':
    case 'tableRow':
    case 'tableCell':
      return <p key={key}>{safeNodes(plain(node))}</p>;
    default:
      return <React.Fragment key={key}>{phrasing([node], drawing)}</React.Fragment>;
  }
}

/** Properties of {@link Markdown}. */
export interface MarkdownProps {
  /** The text, exactly as the model wrote it. */
  text: string;
  /** Direction of the whole text; see `directionOf`. */
  dir: Direction;
  /** The user chose `dir` by hand: no block may differ. */
  forced?: boolean;
  /** Words on the buttons of a code block. */
  labels: CodeLabels;
}

/** See the module's comment. */
export const Markdown = React.memo(function Markdown(props: MarkdownProps) {
  const { text, dir, forced = false, labels } = props;
  const tree = React.useMemo(
    () => (text.length > PARSE_AT_MOST ? null : parse(text)),
    [text]
  );
  if (tree === null) {
    return (
      <div className="pai-markdown pai-plain-text" dir={dir}>
        {safeNodes(text)}
      </div>
    );
  }
  const urls = new Map<string, string>();
  for (const node of tree) {
    if (node.type === 'definition') {
      urls.set(node.identifier, node.url);
    }
  }
  const drawing: Drawing = { base: dir, forced, labels, urls };
  return (
    <div className="pai-markdown" dir={dir}>
      {tree.map((node, index) => block(node, index, drawing, 0))}
    </div>
  );
});
