import type { HotContext, HotResult } from './hot-commands.js';

/** `envctl --version`. */
export async function showVersion(context: HotContext): Promise<HotResult> {
  const { version } = context.manifest;
  return { exitCode: 0, json: { version, node: process.version, platform: process.platform, arch: process.arch }, text: `envctl ${version}\n` };
}
