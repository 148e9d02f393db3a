"""A term in, a digest of its Wikipedia article out.

The path of a request:

    serving/header_filter.py   removes headers that clients must not send to Serve
    api/layers.py              around all routes: root path, limits, keys, cached digests
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

    core/     ahead backoff batch_turns chemistry errors formulas full_stops hedging languages
    core/     latex leftovers letters overdue request_ids scripts sentences single_flight
    core/     stage_caches stage_calls tex_pieces tex_signs text tracing turns values words
    core/     workers
    config/   api autoscaling batching deployments loader losses one_machine placement
    config/   settings strict tracing upgrades
    metrics/  caches kinds report table tally
    sources/  answers base bodies corpus disambiguation html_text licences mediawiki reading
    sources/  search_index terms timed_http titles truncate wikipedia wikipedia_package
    models/   card classifier device encoding extractive hub model_dir model_info onnx pytorch
    models/   resolve seq2seq token_count
    stages/   abbreviations base completions edges english entities measured mentions names
    stages/   persons possessives prose registry sentiment source spelling summarizer
    stages/   token_batches units unread whole_names windows
    driver
    api/      about admission admitted cached_answers classic client_turns clients
    api/      digest_response digest_stream docs_page keys layers limits many_terms middleware
    api/      outcomes page problems rates request_context root_path routes schemas
    api/      shared_turns traced
    serving/  follow_logs gcs_connection handles haproxy head header_filter held_headers
    serving/  ingress kept_replicas local_ray log_fields log_lines metrics overview parent
    serving/  ports readiness refused_clients replicas router scaling serve_config shared_work
    serving/  signals span_export tracing unreached
    graph
    local
    shell/    answer ask_client backpressure batch compare exits fill_secret formats helm kube
    shell/    kube_client objectives observation observe operate options plan pod_problems
    shell/    render render_top results return_traffic sanitize slo status_client tallies
    shell/    terms top wait watch
    cli

The command:

    wiki-digest serve | ask | batch | config | check | fetch | plan | wait | top | slo | watch
"""
