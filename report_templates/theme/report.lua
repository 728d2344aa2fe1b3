-- For both renderers: chooses the dialect of each object, and turns the house's divs and spans into Typst.
local typst = FORMAT:match "typst" ~= nil
local html = FORMAT:match "html" ~= nil
local str = pandoc.utils.stringify

local BLOCKS = {"kicker", "sub", "note", "small"} -- classes of divs, functions of look.typ
local SPANS = {"unit", "number", "chip"} -- classes of spans

local function raw(source) return pandoc.RawBlock("typst", source) end

local function is(format)
  return (format == "html" and html) or (format == "typst" and typst) or (format == "pdf" and typst)
end

-- ::: {.content-visible when-format="html"} and its opposite; the wrappers that Quarto puts around cells go,
-- since a page cannot break inside a Typst block
local function choose(div)
  local visible, hidden = div.classes:includes "content-visible", div.classes:includes "content-hidden"
  if visible or hidden then
    local when, unless = div.attributes["when-format"], div.attributes["unless-format"]
    local on = true
    if when then on = is(when) elseif unless then on = not is(unless) end
    if hidden then on = not on end
    return on and div.content or {}
  end
  if div.identifier == "" and (div.classes:includes "cell" or div.classes:includes "cell-output") then
    return div.content
  end
end

local function foreign(block)
  if (block.format == "html" and typst) or (block.format == "typst" and html) then return {} end
end

local function wrapped(name, content)
  local out = pandoc.Blocks {raw("#" .. name .. "[")}
  out:extend(content)
  out:insert(raw "]")
  return out
end

local function row(div, columns)
  local out = pandoc.Blocks {raw("#row-of(" .. columns .. ",")}
  for _, cell in ipairs(div.content) do
    out:insert(raw "[")
    out:extend(cell.content or pandoc.Blocks {cell})
    out:insert(raw "],")
  end
  out:insert(raw ")")
  return out
end

local function div(block)
  if not typst then return end
  local columns = block.classes:includes "row" and tonumber((table.concat(block.classes, " "):match "of%-(%d)"))
  if columns then return row(block, columns) end
  for _, name in ipairs(BLOCKS) do
    if block.classes:includes(name) then return wrapped(name, block.content) end
  end
end

local function span(inline)
  if not typst then return end
  for _, name in ipairs(SPANS) do
    if inline.classes:includes(name) then
      local out = pandoc.Inlines {pandoc.RawInline("typst", "#" .. name .. "[")}
      out:extend(inline.content)
      out:insert(pandoc.RawInline("typst", "]"))
      return out
    end
  end
end

-- The contents list: titles of the pages where there are three or more, else of the sections too. It stands where the
-- template has ::: {.contents}, else behind the first title.
local FEW = 3

local function headings(blocks)
  local found, titles = {}, 0
  blocks:walk {Header = function(h)
    if h.level <= 2 and h.identifier ~= "" and not h.classes:includes "unlisted" then
      table.insert(found, h)
      if h.level == 1 then titles = titles + 1 end
    end
  end}
  local deepest = titles >= FEW and 1 or 2
  local listed = {}
  for number, h in ipairs(found) do
    if h.level <= deepest and not (deepest == 2 and number == 1 and h.level == 1) then table.insert(listed, h) end
  end
  return listed, deepest
end

local function contents(blocks, title)
  local listed, deepest = headings(blocks)
  if #listed == 0 then return pandoc.Blocks {} end
  if typst then
    local out = pandoc.Blocks {raw("#contents([" )}
    out:insert(pandoc.Plain(title))
    out:insert(raw "],")
    for _, h in ipairs(listed) do
      out:insert(raw("(<" .. h.identifier .. ">, ["))
      out:insert(pandoc.Plain(h.content))
      out:insert(raw "]),")
    end
    out:insert(raw ")")
    return out
  end
  local items = {}
  for _, h in ipairs(listed) do table.insert(items, {pandoc.Plain {pandoc.Link(h.content, "#" .. h.identifier)}}) end
  return pandoc.Blocks {
    pandoc.RawBlock("html", '<nav class="contents" aria-labelledby="contents"><p id="contents">'), pandoc.Plain(title),
    pandoc.RawBlock("html", "</p>"), pandoc.BulletList(items), pandoc.RawBlock("html", "</nav>"),
  }
end

local function with_contents(doc)
  local words = doc.meta.language or {}
  local title = words["toc-title-document"] and pandoc.Inlines(str(words["toc-title-document"])) or pandoc.Inlines "Contents"
  local list = contents(doc.blocks, title)
  local placed = false
  doc.blocks = doc.blocks:walk {Div = function(d)
    if d.classes:includes "contents" then placed = true; return list end
  end}
  if placed then return doc end
  local out = pandoc.Blocks {}
  for _, block in ipairs(doc.blocks) do
    out:insert(block)
    if not placed and block.t == "Header" and block.level == 1 then out:extend(list); placed = true end
  end
  if not placed then out = list .. out end
  doc.blocks = out
  return doc
end

-- @sec-… is the section's title: sections have no numbers, and Typst refuses to refer to a heading without one
local function with_sections(doc)
  local titles = {}
  doc.blocks:walk {Header = function(h)
    if h.identifier:match "^sec%-" then titles[h.identifier] = "“" .. str(h.content) .. "”" end
  end}
  doc.blocks = doc.blocks:walk {Cite = function(cite)
    local id = cite.citations[1].id
    if titles[id] then return pandoc.Link(titles[id], "#" .. id) end
  end}
  return doc
end

return {{Div = choose, RawBlock = foreign}, {Pandoc = with_contents}, {Pandoc = with_sections}, {Div = div, Span = span}}
