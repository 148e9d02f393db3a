"""A term in, a digest of its Wikipedia article out.

A request's way, file by file:

    edge.py        what a request may not tell Serve is taken away
    page.py        `/` in a browser: the page, whose files are in web/
    api.py         HTTP in: validate, limit; HTTP out: errors become statuses
    driver.py      the order of the calls, the deadline, the cache
      stages/source.py       term -> Article           (sources/: the corpus, or a MediaWiki)
      stages/sentiment.py    Article -> Tone           rejected? the answer goes out now
      stages/summarizer.py   Article -> Summary        } at the same time
      stages/entities.py     Article -> Entities       }
    answer.py      the values that travel, and how they become one answer

    graph.py       where all of this becomes Ray Serve deployments; nothing else knows of Ray
    gate.py        holds a new cluster back until its workers take requests
    settings.py    every knob a replica is born with; deployments.py: what Serve can change live
    models/        loading: ONNX or torch, folder or hub id; and the models that come along
    cli.py         wiki-digest serve | ask | batch | config | check | fetch | plan | wait
    shell/         what `ask`, `batch` and `wait` do: whom they ask, what they show and write
"""
