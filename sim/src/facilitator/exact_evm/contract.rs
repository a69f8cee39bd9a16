//! What is signed and what is called: EIP-3009, ERC-20 and ERC-1271 as their specifications write
//! them.

use alloy_sol_types::sol;

sol! {
    /// What the payer signs, under the token's EIP-712 domain.
    #[derive(Debug)]
    struct TransferWithAuthorization {
        address from;
        address to;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
    }

    /// A token that moves by signed authorizations.
    interface Eip3009 {
        event Transfer(address indexed from, address indexed to, uint256 value);

        function transferWithAuthorization(
            address from,
            address to,
            uint256 value,
            uint256 validAfter,
            uint256 validBefore,
            bytes32 nonce,
            uint8 v,
            bytes32 r,
            bytes32 s
        ) external;

        function authorizationState(address authorizer, bytes32 nonce)
            external
            view
            returns (bool);

        function name() external view returns (string);
        function version() external view returns (string);
        function balanceOf(address account) external view returns (uint256);
    }

    /// The same with a signature of any length, for payers that are contracts.
    interface Eip3009WithBytes {
        function transferWithAuthorization(
            address from,
            address to,
            uint256 value,
            uint256 validAfter,
            uint256 validBefore,
            bytes32 nonce,
            bytes signature
        ) external;
    }

    /// A contract that has tokens and judges signatures itself.
    interface Erc1271 {
        function isValidSignature(bytes32 hash, bytes signature)
            external
            view
            returns (bytes4);
    }
}
