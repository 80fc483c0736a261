// Proper names of samplers and schedules, the same in every language.
const kNames = {
  euler: 'Euler', euler_ancestral: 'Euler a', heun: 'Heun', dpm_2: 'DPM2', dpm_2_ancestral: 'DPM2 a',
  dpmpp_2s_ancestral: 'DPM++ 2S a', dpmpp_sde: 'DPM++ SDE', dpmpp_2m: 'DPM++ 2M', dpmpp_2m_sde: 'DPM++ 2M SDE',
  dpmpp_2m_sde_heun: 'DPM++ 2M SDE Heun', dpmpp_3m: 'DPM++ 3M', dpmpp_3m_sde: 'DPM++ 3M SDE', unipc: 'UniPC',
  lms: 'LMS', ddim: 'DDIM', ddpm: 'DDPM', pndm: 'PLMS', lcm: 'LCM', tcd: 'TCD',
  karras: 'Karras', exponential: 'Exponential', polyexponential: 'Polyexponential', normal: 'Normal',
  sgm_uniform: 'SGM Uniform', simple: 'Simple', ddim_uniform: 'DDIM Uniform', beta: 'Beta',
  align_your_steps: 'Align Your Steps', align_your_steps_sd1: 'Align Your Steps, SD 1', align_your_steps_sdxl: 'Align Your Steps, SDXL',
  kl_optimal: 'KL Optimal',
};

/// The other way around; what is no name of these stays as it is.
export const ourName = name => Object.keys(kNames).find(ours => kNames[ours] === name) ?? name;

/// As people write it: "dpmpp_2m" -> "DPM++ 2M".
export const properName = name => kNames[name] ?? name;
