"""What each network answers to random inputs, in fp32 on one thread."""
import zlib

import torch
import transformers

import diffusers
import folder
import tokenizer


def unet(family, part, generator):
    def call(batch, height, width, tokens, timesteps):
        config = part.config
        given = {"x": torch.randn(batch, config.in_channels, height, width, generator=generator),
                 "t": torch.tensor(timesteps),
                 "context": torch.randn(batch, tokens, config.cross_attention_dim, generator=generator)}
        added = {}
        if config.addition_embed_type:
            ids = 5 if "refiner" in family.name else 6
            pooled = config.projection_class_embeddings_input_dim - ids * config.addition_time_embed_dim
            added = {"text_embeds": torch.randn(batch, pooled, generator=generator),
                     "time_ids": torch.tensor([[1024.0, 768, 0, 32, 6.0, 512][:ids]] * batch)}
        condition = None
        if config.time_cond_proj_dim:
            condition = torch.randn(batch, config.time_cond_proj_dim, generator=generator)
            given["timestep_cond"] = condition
        answer = part(given["x"], given["t"], given["context"], timestep_cond=condition,
                      added_cond_kwargs=added or None).sample
        return given | added | {"out": answer}

    tensors = call(2, 16, 8, 77, [981, 20])
    return tensors | {f"long.{key}": value for key, value in call(1, 8, 24, 154, [500.5]).items()}


def text_encoder(family, part, generator):
    start, end = tokenizer.end_id() - 1, tokenizer.end_id()
    ids = torch.full((2, 77), end)
    ids[:, 0] = start
    ids[0, 1:76] = torch.randint(0, start, (75,), generator=generator)
    ids[1, 1:41] = ids[0, 1:41]
    ids[1, 42:] = 0  # as tokenizers that pad with "!" do
    answer = part(ids, output_hidden_states=True)
    hidden = torch.stack(list(answer.hidden_states))  # (layers + 1, 2, 77, width), embeddings first
    norm = part.text_model.final_layer_norm if hasattr(part, "text_model") else part.final_layer_norm
    assert torch.equal(norm(hidden[-1]), answer.last_hidden_state)
    pooled = answer.last_hidden_state[torch.arange(2), ids.argmax(-1)]
    tensors = {"input_ids": ids, "hidden_states": hidden, "last_hidden_state": answer.last_hidden_state,
               "penultimate": norm(hidden[-2]), "pooled": pooled}
    if hasattr(part, "text_projection"):
        tensors["text_embeds"] = answer.text_embeds
        assert torch.allclose(part.text_projection(pooled), answer.text_embeds, atol=1e-6)
    else:
        assert torch.equal(answer.pooler_output, pooled)
    return tensors


def vae(family, part, generator):
    x = torch.rand(1, 3, 32, 24, generator=generator) * 2 - 1
    posterior = part.encode(x).latent_dist
    z = torch.randn(1, 4, 5, 3, generator=generator)
    return {"x": x, "mean": posterior.mean, "logvar": posterior.logvar, "z": z, "decoded": part.decode(z).sample}


def taesd(family, part, generator):
    x = torch.rand(1, 3, 32, 24, generator=generator) * 2 - 1
    z = torch.randn(1, 4, 5, 3, generator=generator) * 2
    return {"x": x, "latents": part.encode(x).latents, "z": z, "decoded": part.decode(z).sample}


def write(family, name, part, path):
    ask = {"unet": unet, "vae": vae, "taesd": taesd}.get(name, text_encoder)
    generator = torch.Generator().manual_seed(zlib.crc32(f"{family.name}/{name}/inputs".encode()))
    with torch.no_grad():
        tensors = ask(family, part, generator)
    versions = {module.__name__: module.__version__ for module in (torch, diffusers, transformers)}
    folder.save(tensors, path, versions)
