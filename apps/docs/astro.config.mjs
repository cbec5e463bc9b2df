/** The site: a start page, the repository's own documents, and API pages made from each package's index.ts. */
import starlight from '@astrojs/starlight';
import { defineConfig, passthroughImageService } from 'astro/config';
import starlightLinksValidator from 'starlight-links-validator';
import starlightTypeDoc, { typeDocSidebarGroup } from 'starlight-typedoc';
import externalScripts from './external-scripts.mjs';

const PACKAGES = ['phys-mem', 'x86-cpu', 'pc', 'kernel-core', 'kexec', 'loaders', 'machine'];
/** Pages with an island each, in the order of a kexec. */
const TOOLS = ['timeline', 'segments', 'pages', 'relocation', 'boot-params'];

/** In the order in which they are read. */
const LESSONS = [
  'physical-memory',
  'protected-mode',
  'a-kernel-file',
  'segments',
  'the-system-call',
  'the-page-list',
  'the-jump',
  'the-first-instruction',
  'when-it-goes-wrong',
  'crash-kernels',
];

export default defineConfig({
  // No image is worth a native library at build time.
  image: { service: passthroughImageService() },
  // The policy is script-src 'self': no script stands in a page, and a worker is a module.
  vite: { build: { assetsInlineLimit: 0 }, worker: { format: 'es' } },
  integrations: [
    starlight({
      title: 'kexec',
      description: 'Linux kexec, whole and executable, on an emulated i386 PC.',
      // The pages must not ask anybody's server for anything.
      credits: false,
      customCss: ['./src/styles/site.css', './src/styles/islands.css'],
      sidebar: [
        { label: 'Start', link: '/' },
        { label: 'In this page', items: ['live', ...TOOLS.map((name) => `tools/${name}`)] },
        {
          label: 'Learn kexec',
          items: LESSONS.map((name) => `learn/${name}`),
        },
        {
          label: 'Guides',
          items: [
            'guides/inspect',
            'guides/ci',
            'gdb',
            'guides/record',
            'guides/embed',
            'guides/parser',
            'guides/device',
            'guides/loader',
          ],
        },
        { label: 'The patch of 2002', collapsed: true, autogenerate: { directory: 'patch' } },
        {
          label: 'Formats',
          items: [
            'formats/bzimage',
            'formats/elf',
            'formats/multiboot',
            'formats/e820',
            'formats/page-list',
            'formats/snapshot',
          ],
        },
        { label: 'Reference', items: ['reference/commands', 'options', 'support', 'reference/errors'] },
        {
          label: 'The repository',
          items: ['architecture', 'outline', 'rationale', 'reading', 'contributing', 'security'],
        },
        typeDocSidebarGroup,
      ],
      plugins: [
        starlightTypeDoc({
          entryPoints: PACKAGES.map((name) => `../../packages/${name}/src/index.ts`),
          tsconfig: './tsconfig.api.json',
          sidebar: { label: 'API', collapsed: true },
          typeDoc: {
            plugin: ['./typedoc-pages.mjs'],
            name: 'API',
            entryFileName: 'index',
            readme: 'none',
            disableSources: true,
          },
        }),
        // The machine on the first page stands in a component, where no anchors are looked for.
        starlightLinksValidator({ exclude: ['#live'] }),
      ],
    }),
    externalScripts(),
  ],
});
