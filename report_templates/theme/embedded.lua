-- For the embedded renderer, what Quarto does itself: numbered captions, and references to them (@fig-… @tbl-…).
-- A reference to nothing stops the render.
local str = pandoc.utils.stringify
local typst = FORMAT:match "typst" ~= nil
local NO_BREAK = "\u{a0}"
local NAMED = {fig = "Figure", tbl = "Table"}
local words, counts, targets = {}, {}, {}

local function word(kind, part)
  local said = words["crossref-" .. kind .. "-" .. part]
  return said and str(said) or NAMED[kind]
end

local function kind_of(identifier)
  local kind = identifier:match "^(%a+)%-"
  return NAMED[kind] and kind
end

local function raw(source) return pandoc.RawBlock("typst", source) end

local function float(div, kind)
  local last = div.content:remove()
  counts[kind] = (counts[kind] or 0) + 1
  targets[div.identifier] = word(kind, "prefix") .. NO_BREAK .. counts[kind]
  local number = word(kind, "title") .. NO_BREAK .. counts[kind] .. "."
  local caption = pandoc.Inlines {pandoc.Span({pandoc.Str(number)}, {class = "number"}), pandoc.Space()}
  if typst then caption = pandoc.Inlines {pandoc.RawInline("typst", "#number["), pandoc.Str(number), pandoc.RawInline("typst", "]"), pandoc.Space()} end
  caption:extend(last.content)
  local out
  if typst then
    out = pandoc.Blocks {raw('#figure(kind: "' .. kind .. '", supplement: none, caption: ['), pandoc.Plain(caption), raw "], ["}
    out:extend(div.content)
    out:insert(raw("]) <" .. div.identifier .. ">"))
    return out
  end
  return pandoc.Blocks {
    pandoc.RawBlock("html", '<figure id="' .. div.identifier .. '" class="float ' .. kind .. '"><figcaption>'),
    pandoc.Plain(caption),
    pandoc.RawBlock("html", "</figcaption>"),
    pandoc.Div(div.content, {class = "float-body"}),
    pandoc.RawBlock("html", "</figure>"),
  }
end

function Pandoc(doc)
  words = doc.meta.language or {}
  doc.blocks = doc.blocks:walk {
    traverse = "topdown",
    Div = function(div)
      local kind = kind_of(div.identifier)
      local last = div.content[#div.content]
      if kind and last and last.t == "Para" then return float(div, kind), false end
    end,
  }
  doc.blocks = doc.blocks:walk {Cite = function(cite)
    local id = cite.citations[1].id
    if targets[id] then return pandoc.Link(targets[id], "#" .. id) end
    error("unresolved reference @" .. id)
  end}
  return doc
end
