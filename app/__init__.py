"""A term in, a digest of its Wikipedia article out.

The path of a request:

    serving/header_filter.py   removes headers that clients must not send to Serve
    api/middleware.py          limits on the body of a request
    api/page.py                `/` in a browser: the page, whose files are in api/web/
    api/routes.py              HTTP in: validate, limit; api/problems.py: errors become statuses
    driver.py                  the order of the calls, and the cache (core/single_flight.py)
    core/stage_calls.py        each call's deadline, time and failure
    serving/ingress.py         the deployment that holds HTTP, driver and source
    serving/handles.py         calls to the stages' replicas, and retries
    serving/replicas.py        a replica around a stage: batches, in a thread
    stages/source.py           term -> Article           sources/: the corpus, or a MediaWiki
    stages/sentiment.py        Article -> Tone           a rejected article ends the request
    stages/summarizer.py       Article -> Summary        } at the same time
    stages/entities.py         Article -> Entities       }
    core/values.py             the values that travel, and how they become one answer

Folders, the lowest layer first; each imports itself and what is above it here:

    core/     backoff chemistry errors formulas full_stops languages latex leftovers scripts
    core/     sentences single_flight stage_calls tex_pieces tex_signs text values words
    config/   deployments loader placement settings strict
    sources/  answers base corpus disambiguation html_text licences mediawiki search_index
    sources/  terms titles truncate wikipedia wikipedia_package
    models/   card classifier device encoding extractive hub model_dir model_info onnx pytorch
    models/   resolve seq2seq
    stages/   abbreviations base completions edges english entities mentions names persons
    stages/   possessives prose registry sentiment source spelling summarizer token_batches
    stages/   units unread whole_names windows
    driver
    api/      classic limits middleware page problems routes schemas
    serving/  handles header_filter ingress readiness replicas serve_config
    graph
    local
    shell/    ask_client backpressure batch exits kube options plan render results sanitize
    shell/    terms wait
    cli

The command: wiki-digest serve | ask | batch | config | check | fetch | plan | wait
"""
