-- SPDX-License-Identifier: GPL-2.0-or-later
-- Pages of the site lead to pages of the site, and where there is none, to the file beside which they were made.
function Link(link)
  if not link.target:match("^%a+:") then
    link.target = link.target:gsub("%.md$", ".html"):gsub("%.md#", ".html#")
  end
  return link
end

-- The page's title is its first heading.
function Pandoc(doc)
  for _, block in ipairs(doc.blocks) do
    if block.t == "Header" then
      doc.meta.pagetitle = pandoc.utils.stringify(block)
      return doc
    end
  end
end
