//! COM: made ready for a process, and the interface of the Security Center.

use windows::Win32::Foundation::{RPC_E_CHANGED_MODE, RPC_E_TOO_LATE};
use windows::Win32::System::Com::{
    CLSCTX_INPROC_SERVER, COINIT_MULTITHREADED, CoCreateInstance, CoInitializeEx,
    CoInitializeSecurity, EOAC_NONE, RPC_C_AUTHN_LEVEL_DEFAULT, RPC_C_IMP_LEVEL_IMPERSONATE,
};
use windows::Win32::System::SecurityCenter::{
    IWSCProductList, IWscProduct, IWscProduct3, WSC_SECURITY_PROVIDER_ANTIVIRUS, WSCProductList,
};
use windows::core::{Error, Interface as _};

use crate::host::security_center::Registered;

/// More products than any machine has registered.
const MAX_PRODUCTS: u32 = 256;

/// Readies COM for this thread and, once, for this process. It stays so to the end of the process:
/// whoever asks is a child that does nothing else.
pub(crate) fn ready() -> Result<(), u32> {
    // SAFETY: neither call is given a place; that this thread or process was ready before is an
    // error of theirs that is none here.
    unsafe {
        tolerating(RPC_E_CHANGED_MODE.0, CoInitializeEx(None, COINIT_MULTITHREADED).ok())?;
        let security = CoInitializeSecurity(
            None,
            -1,
            None,
            None,
            RPC_C_AUTHN_LEVEL_DEFAULT,
            RPC_C_IMP_LEVEL_IMPERSONATE,
            None,
            EOAC_NONE,
            None,
        );
        tolerating(RPC_E_TOO_LATE.0, security)
    }
}

/// The antivirus products of the Security Center.
///
/// Its library, `wscapi.dll`, is not linked: servers have none. COM loads it from where Windows has
/// registered it for the whole machine.
pub(crate) fn registered_products() -> Result<Vec<Registered>, u32> {
    // SAFETY: COM is ready, and every interface is used by the thread that got it.
    unsafe {
        let list: IWSCProductList = CoCreateInstance(&WSCProductList, None, CLSCTX_INPROC_SERVER)
            .map_err(|it| code(&it))?;
        list.Initialize(WSC_SECURITY_PROVIDER_ANTIVIRUS).map_err(|it| code(&it))?;
        let count = list.Count().map_err(|it| code(&it))?;
        let count = u32::try_from(count).unwrap_or(0).min(MAX_PRODUCTS);
        (0..count)
            .map(|index| list.get_Item(index).map(|product| registered(&product)))
            .collect::<Result<_, _>>()
            .map_err(|it| code(&it))
    }
}

/// What a product says of itself; each answer may fail by itself.
fn registered(product: &IWscProduct) -> Registered {
    // SAFETY: the product is used by the thread that got it; texts are the caller's.
    unsafe {
        let newer = product.cast::<IWscProduct3>();
        Registered {
            name: product.ProductName().map(|name| name.to_string()).unwrap_or_default(),
            state: product.ProductState().ok().map(|state| state.0.cast_unsigned()),
            signatures: product.SignatureStatus().ok().map(|status| status.0.cast_unsigned()),
            days_until_expired: newer.and_then(|newer| newer.AntivirusDaysUntilExpired()).ok(),
            remediation: product.RemediationPath().ok().map(|path| path.to_string()),
        }
    }
}

fn tolerating(tolerated: i32, done: windows::core::Result<()>) -> Result<(), u32> {
    match done {
        Err(error) if error.code().0 != tolerated => Err(code(&error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

pub(super) fn code(error: &Error) -> u32 {
    error.code().0.cast_unsigned()
}
