"""The prompts: Markdown with front matter; a workspace's file of the same name overrides one."""
